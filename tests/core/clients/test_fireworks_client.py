"""The Fireworks client: the account of a key, and the preview of an evaluator."""

import pytest

from reward_kit.clients.credentials import ApiKey
from reward_kit.clients.fireworks import (
    FireworksClient,
    MissingCredentialsError,
    connect,
    fireworks_base,
    inference_endpoint,
)
from reward_kit.clients.http import HttpClient
from reward_kit.clients.retry import RetryPolicy, Timing
from reward_kit.errors import EndpointMissingError, PrerequisiteError, RemoteAnswerError, RemoteStatusError

KEY = ApiKey(value="test-key", name="FIREWORKS_API_KEY")
PREVIEW = "/v1/accounts/acme/evaluators:previewEvaluator"


@pytest.fixture
def http(httpserver):
    timing, retry = Timing(sleep=lambda _: None), RetryPolicy(retries=1)
    with HttpClient(httpserver.url_for(""), key=KEY, timing=timing, retry=retry) as http:
        yield http


def test_the_base_url_can_be_set_in_the_environment():
    assert fireworks_base({}) == "https://api.fireworks.ai"
    assert fireworks_base({"FIREWORKS_API_BASE": "http://localhost:1/"}) == "http://localhost:1"


def test_finds_the_account_of_the_key_once(httpserver, http):
    httpserver.expect_oneshot_request("/verifyApiKey", method="GET").respond_with_data(
        "", headers={"x-fireworks-account-id": "acme"}
    )
    client = FireworksClient(http)
    assert [client.account_id, client.account_id] == ["acme", "acme"]


def test_asks_for_no_account_where_one_is_given(httpserver, http):
    assert FireworksClient(http, account_id="acme").account_id == "acme"
    assert httpserver.log == []


def test_a_wrong_key_is_named(httpserver, http):
    httpserver.expect_request("/verifyApiKey").respond_with_json({"code": 16, "message": "bad key"}, status=401)
    with pytest.raises(RemoteStatusError, match="check FIREWORKS_API_KEY: it is wrong or no longer valid"):
        _ = FireworksClient(http).account_id


def test_a_service_that_names_no_account_is_an_error(httpserver, http):
    httpserver.expect_request("/verifyApiKey").respond_with_data("")
    with pytest.raises(RemoteAnswerError, match="without the header x-fireworks-account-id"):
        _ = FireworksClient(http).account_id


def test_a_service_that_does_not_know_of_keys_says_how_to_name_the_account(httpserver, http):
    httpserver.expect_request("/verifyApiKey").respond_with_data("nothing here", status=404)
    with pytest.raises(EndpointMissingError, match="cannot say whose key it is: set FIREWORKS_ACCOUNT_ID"):
        _ = FireworksClient(http).account_id


def test_connects_with_what_the_environment_says(httpserver):
    environment = {
        "FIREWORKS_API_KEY": "from-environment",
        "FIREWORKS_ACCOUNT_ID": "acme",
        "FIREWORKS_API_BASE": httpserver.url_for(""),
    }
    httpserver.expect_oneshot_request(PREVIEW, headers={"Authorization": "Bearer from-environment"}).respond_with_json(
        {"results": [{"score": 1}]}
    )
    with connect(environment=environment) as client:
        assert client.preview_evaluator({}, ["{}"]).rows[0].score == 1.0


def test_connects_with_what_is_given_before_the_environment(httpserver):
    environment = {"FIREWORKS_API_KEY": "wrong", "FIREWORKS_ACCOUNT_ID": "wrong", "FIREWORKS_API_BASE": "http://wrong"}
    httpserver.expect_oneshot_request(PREVIEW, headers={"Authorization": "Bearer right"}).respond_with_json(
        {"results": [{"score": 1}]}
    )
    given = {"api_key": "right", "account_id": "acme", "base_url": httpserver.url_for("")}
    with connect(**given, environment=environment) as client:
        assert client.preview_evaluator({}, ["{}"]).rows[0].score == 1.0


def test_no_key_is_a_missing_prerequisite_and_a_value_error_as_before(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(MissingCredentialsError, match=r"Missing Fireworks Account ID or API Key\. Set FIREW"):
        connect(environment={})
    assert issubclass(MissingCredentialsError, ValueError)
    assert issubclass(MissingCredentialsError, PrerequisiteError)


def test_a_key_that_is_none_is_told_without_showing_it():
    with pytest.raises(MissingCredentialsError, match=r"Invalid or missing API credentials\. api_key") as caught:
        connect(api_key="two words", environment={})
    assert "two words" not in str(caught.value)


def test_previews_an_evaluator(httpserver, http):
    metrics = {"eval": {"score": 0.5, "reason": "half", "success": None}}
    httpserver.expect_oneshot_request(
        PREVIEW, method="POST", json={"evaluator": {"displayName": "e"}, "sampleData": ["{}", "[]"], "maxSamples": 2}
    ).respond_with_json(
        {
            "results": [{"score": 0.5, "perMetricEvals": metrics}, {"success": False, "reason": "boom"}],
            "totalSamples": 2,
            "totalRuntimeMs": "10222",
        }
    )
    answer = FireworksClient(http, account_id="acme").preview_evaluator({"displayName": "e"}, ["{}", "[]"])
    assert [(row.success, row.score, row.metrics, row.reason) for row in answer.rows] == [
        (None, 0.5, metrics, None),
        (False, None, {}, "boom"),
    ]
    assert (answer.total_samples, answer.total_runtime_ms) == (2, 10222)


@pytest.mark.parametrize(
    "answer", [[], {}, {"results": None}, {"results": []}, {"results": [1]}, {"results": [{"score": "1"}]}]
)
def test_another_answer_than_one_result_per_sample_is_an_error(httpserver, http, answer):
    httpserver.expect_request(PREVIEW).respond_with_json(answer)
    with pytest.raises(RemoteAnswerError):
        FireworksClient(http, account_id="acme").preview_evaluator({}, ["{}"])


ENVIRONMENT = {"FIREWORKS_API_KEY": "the-key-of-fireworks", "MY_KEY": "my-key"}


def endpoint(environment=ENVIRONMENT, **options):
    found = inference_endpoint(environment=environment, **options)
    return found.url, found.key and found.key.value


def test_asks_fireworks_with_its_key_by_default():
    assert endpoint() == ("https://api.fireworks.ai/inference/v1", "the-key-of-fireworks")


def test_asks_the_fireworks_that_the_environment_names_with_its_key():
    environment = {**ENVIRONMENT, "FIREWORKS_API_BASE": "http://localhost:9"}
    assert endpoint(environment) == ("http://localhost:9/inference/v1", "the-key-of-fireworks")
    assert endpoint(environment, base_url="http://localhost:9/v1") == ("http://localhost:9/v1", "the-key-of-fireworks")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/v1",
        "https://api.fireworks.ai.example.org/inference/v1",
        "http://api.fireworks.ai/inference/v1",
        "https://api.fireworks.ai:8443/inference/v1",
    ],
)
def test_another_endpoint_gets_no_key_unless_one_is_named(url):
    assert endpoint(base_url=url) == (url, None)
    assert endpoint(base_url=url, key_name="MY_KEY") == (url, "my-key")


def test_a_key_that_is_named_and_not_there_is_told():
    with pytest.raises(PrerequisiteError, match="the variable 'NO_KEY' is not set"):
        endpoint(key_name="NO_KEY")
