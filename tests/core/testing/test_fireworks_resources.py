"""Evaluators, secrets and data sets: kept, listed in pages, and refused where they are wrong."""

import json
import time

import pytest

from reward_kit.testing.fireworks import FireworksServer

ACCOUNT = "/v1/accounts/local"
CODE = {
    "type": "CODE_SNIPPETS",
    "name": "m",
    "codeSnippets": {"language": "python", "fileContents": {"main.py": "x = 1"}},
}


@pytest.fixture
def api(fireworks, call):
    def ask(method, path, **options):
        return call(fireworks, method, ACCOUNT + path, **options)

    return ask


def old(evaluator_id, **fields):
    return {"evaluator": {"displayName": "Exact", "criteria": [CODE], **fields}, "evaluatorId": evaluator_id}


def test_an_old_evaluator_is_active_and_keeps_what_was_sent(api):
    made = api("POST", "/evaluators", json=old("exact", multiMetrics=True, rollupSettings={"skipRollup": True})).json()

    assert made["name"] == "accounts/local/evaluators/exact"
    assert made["state"] == "ACTIVE"
    assert made["criteria"] == [CODE]
    assert made["multiMetrics"] is True
    assert made["rollupSettings"] == {"skipRollup": True}
    assert made["createTime"].endswith("Z")
    assert api("GET", "/evaluators/exact").json() == made


def test_an_evaluator_that_exists_is_409(api):
    api("POST", "/evaluators", json=old("exact"))
    answer = api("POST", "/evaluators", json=old("exact"))

    assert answer.status_code == 409
    assert answer.json()["code"] == 6


def test_a_deleted_evaluator_is_gone_and_its_id_is_free(api):
    api("POST", "/evaluators", json=old("exact"))

    assert api("DELETE", "/evaluators/exact").json() == {}
    assert api("GET", "/evaluators/exact").status_code == 404
    assert api("DELETE", "/evaluators/exact").status_code == 404
    assert api("POST", "/evaluators", json=old("exact")).status_code == 200


def test_an_evaluator_without_an_id_gets_one(api):
    name = api("POST", "/evaluators", json={"evaluator": {"criteria": [CODE]}}).json()["name"]

    assert api("GET", "/evaluators/" + name.rpartition("/")[2]).json()["name"] == name


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"evaluator": None}, "evaluator: Field required"),
        ({"evaluator": []}, "evaluator: Input should be"),
        ({"evaluator": "exact"}, "evaluator: Input should be"),
        ({"evaluator": {"source": "here"}}, "evaluator.source: Input should be"),
        ({"evaluatorId": "no spaces"}, "evaluatorId: found 'no spaces'"),
        ({"evaluatorId": "../up"}, "evaluatorId: found '../up'"),
        ({"evaluator": {"criteria": [{"type": "SQL"}]}}, "evaluator.criteria[0].type"),
        (
            {"evaluator": {"criteria": [{"codeSnippets": {}}]}},
            "evaluator.criteria[0].codeSnippets.fileContents: Field required",
        ),
    ],
)
@pytest.mark.parametrize("path", ["/evaluators", "/evaluatorsV2"])
def test_a_wrong_field_of_an_evaluator_is_named(api, path, change, field):
    answer = api("POST", path, json={**old("exact"), **change})

    assert answer.status_code == 400
    assert field in answer.json()["message"]


def test_the_names_of_the_specification_are_understood_too(api):
    made = api("POST", "/evaluators", json={"evaluator": {"display_name": "Exact"}, "evaluator_id": "exact"}).json()

    assert (made["displayName"], made["name"]) == ("Exact", "accounts/local/evaluators/exact")


def test_lists_come_in_pages_ordered_by_name(api):
    for number in (3, 1, 4, 0, 2):
        api("POST", "/evaluators", json=old(f"e{number}"))
    names, token = [], ""
    sizes = []
    while True:
        page = api("GET", "/evaluators", params={"pageSize": 2, "pageToken": token}).json()
        names += [evaluator["name"].rpartition("/")[2] for evaluator in page["evaluators"]]
        sizes.append(len(page["evaluators"]))
        assert page["totalSize"] == 5
        token = page["nextPageToken"]
        if not token:
            break

    assert names == ["e0", "e1", "e2", "e3", "e4"]
    assert sizes == [2, 2, 1]


def test_an_empty_list_has_no_next_page(api):
    assert api("GET", "/evaluators").json() == {"evaluators": [], "nextPageToken": "", "totalSize": 0}


def test_lists_can_be_ordered_downwards_and_masked(api):
    for name in ("b", "a", "c"):
        api("POST", "/evaluators", json=old(name, displayName=name.upper()))
    page = api("GET", "/evaluators", params={"orderBy": "displayName desc", "readMask": "displayName"}).json()

    assert page["evaluators"] == [{"displayName": "C"}, {"displayName": "B"}, {"displayName": "A"}]


def test_a_page_has_at_most_200_and_by_default_50(api):
    for number in range(205):
        api("POST", "/secrets", json={"name": f"s{number}", "keyName": f"S{number}", "value": "x"})

    assert len(api("GET", "/secrets").json()["secrets"]) == 50
    assert len(api("GET", "/secrets?pageSize=1000").json()["secrets"]) == 200


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("pageSize=-1", 400, "pageSize"),
        ("pageSize=many", 400, "pageSize"),
        ("pageToken=nonsense", 400, "pageToken"),
        ("orderBy=a,b", 400, "orderBy"),
        ("filter=state%3DACTIVE", 501, "filter"),
    ],
)
def test_a_wrong_list_parameter_is_named(api, query, status, field):
    answer = api("GET", f"/datasets?{query}")

    assert answer.status_code == status
    assert answer.json()["message"].startswith(f"{field}: ")


def test_a_page_token_belongs_to_its_order(api):
    for name in ("a", "b"):
        api("POST", "/evaluators", json=old(name))
    token = api("GET", "/evaluators?pageSize=1").json()["nextPageToken"]

    assert api("GET", "/evaluators", params={"pageToken": token, "orderBy": "displayName"}).status_code == 400


SECRET = {"name": "accounts/local/secrets/my-key", "keyName": "MY_KEY", "value": "swordfish"}


def test_the_value_of_a_secret_never_comes_back(fireworks, api):
    answers = [
        api("POST", "/secrets", json=SECRET),
        api("GET", "/secrets/my-key"),
        api("GET", "/secrets"),
        api("PATCH", "/secrets/my-key", json={"keyName": "MY_KEY", "value": "swordfish2"}),
        api("POST", "/secrets", json=SECRET),
        api("POST", "/secrets", json={**SECRET, "keyName": "not a name"}),
        api("POST", "/secrets", data=b'{"value": "swordfish", '),
        api("DELETE", "/secrets/my-key"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 409, 400, 400, 200]
    assert not any("swordfish" in answer.text for answer in answers)
    assert answers[0].json() == {"name": "accounts/local/secrets/my-key", "keyName": "MY_KEY"}
    assert not any(b"swordfish" in seen.body for seen in fireworks.requests)
    assert "swordfish" not in repr(fireworks.requests)


def test_that_a_secret_arrived_can_be_checked(fireworks, api):
    api("POST", "/secrets", json=SECRET)
    assert fireworks.holds_secret("my-key", "swordfish")
    assert not fireworks.holds_secret("my-key", "other")

    api("PATCH", "/secrets/my-key", json={"keyName": "OTHER", "value": "other"})
    assert fireworks.holds_secret("my-key", "other")
    assert api("GET", "/secrets/my-key").json()["keyName"] == "OTHER"

    api("DELETE", "/secrets/my-key")
    assert not fireworks.holds_secret("my-key", "other")


def test_a_secret_id_may_be_the_key_as_typed(api):
    assert api("POST", "/secrets", json={"name": "MY_KEY", "keyName": "MY_KEY", "value": "x"}).status_code == 200
    assert api("GET", "/secrets/MY_KEY").json() == {"name": "accounts/local/secrets/MY_KEY", "keyName": "MY_KEY"}


def test_a_missing_secret_is_404_or_by_option_500_as_the_real_service_was_seen_to_answer(api, call):
    assert api("GET", "/secrets/none").status_code == 404
    with FireworksServer(missing_secret_status=500) as server:
        assert call(server, "GET", ACCOUNT + "/secrets/none").status_code == 500
        assert call(server, "PATCH", ACCOUNT + "/secrets/none", json={}).status_code == 404
        assert server.unexpected == []


def rows(count):
    return b"".join(
        json.dumps({"messages": [{"role": "user", "content": f"é {number}"}]}).encode() + b"\n"
        for number in range(count)
    )


def new_dataset(api, dataset_id="numbers", **fields):
    dataset = {"displayName": "Numbers", "exampleCount": "999", "format": "CHAT", "userUploaded": {}, **fields}
    return api("POST", "/datasets", json={"dataset": dataset, "datasetId": dataset_id})


def test_a_dataset_is_uploading_until_its_rows_came(api):
    made = new_dataset(api).json()
    assert (made["name"], made["state"]) == ("accounts/local/datasets/numbers", "UPLOADING")
    assert made["userUploaded"] == {}

    answer = api("POST", "/datasets/numbers:upload", files={"file": ("n.jsonl", rows(7))})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["bytes"], told["filename"], told["object"]) == (len(rows(7)), "n.jsonl", "file")

    dataset = api("GET", "/datasets/numbers").json()
    assert (dataset["state"], dataset["exampleCount"]) == ("READY", "7")


def test_a_dataset_comes_back_as_it_went(fireworks, api, call):
    new_dataset(api)
    content = rows(3) + b'{"messages": [], "boundary": "--x\\r\\n--y"}'
    api("POST", "/datasets/numbers:upload", files={"file": ("n.jsonl", content)})
    urls = api("GET", "/datasets/numbers:getDownloadEndpoint").json()["filenameToSignedUrls"]

    assert list(urls) == ["n.jsonl"]
    assert call(fireworks, "GET", urls["n.jsonl"], headers={"Authorization": ""}).content == content


def put(call, server, url, content, size=None, **headers):
    bounds = f"{size or len(content)},{size or len(content)}"
    given = {
        "Content-Type": "application/octet-stream",
        "X-Goog-Content-Length-Range": bounds,
        "Authorization": "",
        **headers,
    }
    return call(server, "PUT", url, data=content, headers=given)


def test_a_dataset_is_uploaded_through_a_signed_url(fireworks, api, call):
    new_dataset(api)
    content = rows(5)
    endpoint = api(
        "POST", "/datasets/numbers:getUploadEndpoint", json={"filenameToSize": {"n.jsonl": str(len(content))}}
    )
    url = endpoint.json()["filenameToSignedUrls"]["n.jsonl"]
    assert put(call, fireworks, url, content).status_code == 200

    assert api("POST", "/datasets/numbers:validateUpload", json={}).json() == {}
    dataset = api("GET", "/datasets/numbers").json()
    assert (dataset["state"], dataset["exampleCount"]) == ("READY", "5")


def test_an_upload_that_did_not_come_is_not_validated(api):
    new_dataset(api)
    assert api("POST", "/datasets/numbers:validateUpload", json={}).status_code == 400
    api("POST", "/datasets/numbers:getUploadEndpoint", json={"filenameToSize": {"n.jsonl": "10"}})

    answer = api("POST", "/datasets/numbers:validateUpload", json={})
    assert answer.status_code == 400
    assert answer.json()["code"] == 9
    assert "n.jsonl" in answer.json()["message"]


@pytest.fixture
def signed(api):
    new_dataset(api)
    endpoint = api("POST", "/datasets/numbers:getUploadEndpoint", json={"filenameToSize": {"n.jsonl": "10"}})
    return endpoint.json()["filenameToSignedUrls"]["n.jsonl"]


@pytest.mark.parametrize(
    ("content", "size", "headers", "status", "code"),
    [
        (b"x" * 11, 10, {}, 400, "EntityTooLarge"),
        (b"x" * 9, 10, {}, 400, "EntityTooSmall"),
        (b"x" * 9, 9, {}, 403, "SignatureDoesNotMatch"),
        (b"x" * 10, 10, {"Content-Type": "text/plain"}, 403, "SignatureDoesNotMatch"),
    ],
)
def test_a_signed_upload_must_be_what_was_signed(fireworks, call, signed, *, content, size, headers, status, code):
    answer = put(call, fireworks, signed, content, size, **headers)

    assert answer.status_code == status
    assert f"<Code>{code}</Code>" in answer.text
    assert answer.headers["Content-Type"].startswith("application/xml")


def test_a_forged_signature_opens_nothing(fireworks, call, signed):
    assert put(call, fireworks, signed[:-4] + "0000", b"x" * 10).status_code == 403
    assert put(call, fireworks, signed.replace("Expires=1", "Expires=9"), b"x" * 10).status_code == 403
    assert put(call, fireworks, signed.replace("n.jsonl", "m.jsonl"), b"x" * 10).status_code == 403
    assert call(fireworks, "GET", signed).status_code == 403


def test_a_signed_url_expires(fireworks, call, signed, monkeypatch):
    later = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: later)
    answer = put(call, fireworks, signed, b"x" * 10)

    assert answer.status_code == 400
    assert "<Code>ExpiredToken</Code>" in answer.text


def test_what_was_not_uploaded_or_was_deleted_cannot_be_opened(fireworks, api, call, signed):
    api("DELETE", "/datasets/numbers")
    answer = put(call, fireworks, signed, b"x" * 10)

    assert answer.status_code == 404
    assert "<Code>NoSuchKey</Code>" in answer.text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"messages": []}\n{"messages": \n', "n.jsonl:2: not valid JSON"),
        (b'{"messages": []}\n\n[]\n', "n.jsonl:3: expected a JSON object"),
        (b'{"prompt": "x"}\n', "n.jsonl:1: expected a JSON object with a list of messages"),
        (b"\n\n", "n.jsonl: found no rows"),
    ],
)
def test_a_wrong_row_of_a_dataset_is_named_and_it_stays_uploading(api, content, told):
    new_dataset(api)
    answer = api("POST", "/datasets/numbers:upload", files={"file": ("n.jsonl", content)})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(told)
    assert api("GET", "/datasets/numbers").json()["state"] == "UPLOADING"


def test_rows_of_another_format_need_no_messages(api):
    new_dataset(api, format="RL")
    answer = api("POST", "/datasets/numbers:upload", files={"file": ("n.jsonl", b'{"prompt": "x"}\n')})

    assert answer.status_code == 200


@pytest.mark.parametrize("dataset_id", ["", "Upper", "under_score", "ends-", "x" * 64, "a b"])
def test_a_dataset_id_has_to_keep_the_rule(api, dataset_id):
    answer = new_dataset(api, dataset_id)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("datasetId: ")


@pytest.mark.parametrize("dataset_id", ["a", "0-1", "x" * 63])
def test_a_dataset_id_that_keeps_the_rule_is_taken(api, dataset_id):
    assert new_dataset(api, dataset_id).status_code == 200


def test_a_dataset_that_exists_is_409(api):
    new_dataset(api)

    assert new_dataset(api).status_code == 409


def test_a_ready_dataset_takes_no_upload_and_one_without_rows_gives_none(api):
    new_dataset(api)
    assert api("GET", "/datasets/numbers:getDownloadEndpoint").status_code == 400
    api("POST", "/datasets/numbers:upload", files={"file": ("n.jsonl", rows(1))})

    assert api("POST", "/datasets/numbers:upload", files={"file": ("n.jsonl", rows(1))}).status_code == 400


def test_an_upload_that_is_no_form_is_400(api):
    new_dataset(api)

    assert api("POST", "/datasets/numbers:upload", data=b"x").status_code == 400
    assert api("POST", "/datasets/numbers:upload", files={"other": ("n.jsonl", rows(1))}).status_code == 400


def test_a_dataset_can_be_renamed_and_listed(api):
    new_dataset(api)
    api("PATCH", "/datasets/numbers", json={"displayName": "Figures"})

    (dataset,) = api("GET", "/datasets").json()["datasets"]
    assert dataset["displayName"] == "Figures"
