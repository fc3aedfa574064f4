"""Clients that no one here wrote work against the local Fireworks: the SDKs of OpenAI and of Fireworks."""

import io
import tarfile
import time

import pytest

from reward_kit.testing.fireworks import Faults, FireworksServer

httpx = pytest.importorskip("httpx")
openai = pytest.importorskip("openai")
fireworks_sdk = pytest.importorskip("fireworks")

pytestmark = pytest.mark.api

MODEL = "accounts/fireworks/models/qwen3-30b-a3b"
QUESTION = [{"role": "user", "content": "2 + 2?"}]
REPLIES = [{"prompt": "2 + 2?", "response": "<think>\nTwo and two.\n</think>\n\nIt is four."}]


@pytest.fixture
def server():
    with FireworksServer(replies=REPLIES) as server:
        yield server
    assert server.unexpected == []


@pytest.fixture(params=["/inference/v1", "/v1"])
def chat_client(server, request):
    with openai.OpenAI(base_url=server.url + request.param, api_key=server.api_key) as client:
        yield client


@pytest.fixture
def client(server):
    with fireworks_sdk.Fireworks(base_url=server.url, api_key=server.api_key, account_id="local") as client:
        yield client


def always(kind, **settings):
    return Faults(script={"*": kind}, **settings)


class TestOpenAI:
    def test_a_chat_is_answered_on_both_bases(self, chat_client):
        completion = chat_client.chat.completions.create(model=MODEL, messages=QUESTION)

        assert completion.choices[0].message.content == REPLIES[0]["response"]
        assert completion.choices[0].finish_reason == "stop"
        assert completion.usage.total_tokens > 0

    def test_a_stream_adds_up(self, chat_client):
        with chat_client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True) as stream:
            chunks = list(stream)

        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert text == REPLIES[0]["response"]
        assert chunks[-1].usage.completion_tokens > 0
        assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"

    def test_the_models_are_listed(self, chat_client):
        assert MODEL in [model.id for model in chat_client.models.list()]

    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            ("401", openai.AuthenticationError),
            ("403", openai.PermissionDeniedError),
            ("404", openai.NotFoundError),
            ("409", openai.ConflictError),
            ("429", openai.RateLimitError),
            ("500", openai.InternalServerError),
            ("503", openai.InternalServerError),
            ("cut-before-answer", openai.APIConnectionError),
            ("cut-mid-body", openai.APIConnectionError),
        ],
    )
    def test_faults_become_its_exceptions(self, server, chat_client, kind, error):
        server.faults = always(kind)

        with pytest.raises(error):
            chat_client.with_options(max_retries=0).chat.completions.create(model=MODEL, messages=QUESTION)

    def test_its_exceptions_have_our_message(self, chat_client):
        with pytest.raises(openai.BadRequestError, match="no reply was recorded for the prompt '3 \\+ 3\\?'") as caught:
            chat_client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "3 + 3?"}])

        assert caught.value.code == "INVALID_ARGUMENT"

    def test_a_wrong_key_is_an_authentication_error(self, server):
        with (
            openai.OpenAI(base_url=f"{server.url}/inference/v1", api_key="wrong") as client,
            pytest.raises(openai.AuthenticationError),
        ):
            client.chat.completions.create(model=MODEL, messages=QUESTION)

    def test_a_late_answer_is_its_timeout(self, server, chat_client):
        server.faults = always("slow", delay=5.0)

        with pytest.raises(openai.APITimeoutError):
            chat_client.with_options(max_retries=0, timeout=0.2).chat.completions.create(model=MODEL, messages=QUESTION)

    @pytest.mark.parametrize("kind", ["408", "409", "429", "500", "502", "503", "504", "cut-before-answer"])
    def test_it_gets_over_a_fault_by_trying_again(self, server, chat_client, kind):
        server.faults = Faults(script={"*": [kind]})
        completion = chat_client.chat.completions.create(model=MODEL, messages=QUESTION)

        assert completion.choices[0].message.content == REPLIES[0]["response"]
        assert [seen.fault for seen in server.requests] == [kind, None]

    @pytest.mark.parametrize("kind", ["429-retry-after", "429-retry-after-date", "429-retry-after-ms"])
    def test_it_waits_as_long_as_it_is_asked_to(self, server, chat_client, kind):
        server.faults = Faults(script={"*": [kind]}, retry_after=1.0)
        started = time.monotonic()
        chat_client.chat.completions.create(model=MODEL, messages=QUESTION)

        assert time.monotonic() - started >= 1.0  # left alone, it waits half a second at most


class TestFireworksChat:
    def test_with_a_base_of_its_own_it_asks_the_short_path(self, server, client):
        completion = client.chat.completions.create(model=MODEL, messages=QUESTION)

        assert completion.choices[0].message.content == REPLIES[0]["response"]
        assert [seen.path for seen in server.requests] == ["/v1/chat/completions"]

    def test_without_one_it_asks_the_inference_path(self, server):
        class ToLocal(httpx.HTTPTransport):
            def handle_request(self, request):
                request.url = request.url.copy_with(
                    scheme="http", host="127.0.0.1", port=int(server.url.rpartition(":")[2])
                )
                return super().handle_request(request)

        http_client = httpx.Client(transport=ToLocal())
        with fireworks_sdk.Fireworks(api_key=server.api_key, account_id="local", http_client=http_client) as client:
            completion = client.chat.completions.create(model=MODEL, messages=QUESTION)

        assert completion.choices[0].message.content == REPLIES[0]["response"]
        assert [seen.path for seen in server.requests] == ["/inference/v1/chat/completions"]

    def test_a_stream_adds_up_with_reasoning_apart(self):
        with (
            FireworksServer(replies=REPLIES, reasoning="split") as server,
            fireworks_sdk.Fireworks(base_url=server.url, api_key=server.api_key) as client,
            client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True) as stream,
        ):
            deltas = [chunk.choices[0].delta for chunk in stream if chunk.choices]

        assert "".join(delta.reasoning_content or "" for delta in deltas) == "Two and two."
        assert "".join(delta.content or "" for delta in deltas) == "It is four."

    @pytest.mark.parametrize("kind", ["429", "503", "cut-before-answer"])
    def test_it_gets_over_a_fault_by_trying_again(self, server, client, kind):
        server.faults = Faults(script={"*": [kind]})
        client.chat.completions.create(model=MODEL, messages=QUESTION)

        assert [seen.fault for seen in server.requests] == [kind, None]


def archive(source):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in (("requirements.txt", "pydantic\n"), ("test_it.py", source)):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


class TestFireworksEvaluators:
    def _built(self, client, content):
        urls = client.evaluators.get_upload_endpoint("it", filename_to_size={"it.tar.gz": str(len(content))})
        bounds = f"{len(content)},{len(content)}"
        headers = {"Content-Type": "application/octet-stream", "X-Goog-Content-Length-Range": bounds}
        url = urls.filename_to_signed_urls["it.tar.gz"]
        assert httpx.put(url, content=content, headers=headers).status_code == 200
        client.evaluators.validate_upload("it", body={})
        deadline = time.monotonic() + 20
        while (evaluator := client.evaluators.get("it")).state == "BUILDING" and time.monotonic() < deadline:
            time.sleep(0.05)
        return evaluator

    def test_an_evaluator_is_created_uploaded_built_and_deleted(self, client):
        made = client.evaluators.create(
            evaluator={"display_name": "It", "entry_point": "test_it.py::test_it", "source": {"type": "TYPE_UPLOAD"}},
            evaluator_id="it",
        )
        assert (made.name, made.state, made.display_name) == ("accounts/local/evaluators/it", "BUILDING", "It")
        content = archive("def test_it():\n    pass\n")
        evaluator = self._built(client, content)
        assert (evaluator.state, evaluator.status.code) == ("ACTIVE", "OK")

        source = client.evaluators.get_source_code_endpoint("it").filename_to_signed_urls["it.tar.gz"]
        assert httpx.get(source).content == content
        client.evaluators.delete("it")
        with pytest.raises(fireworks_sdk.NotFoundError):
            client.evaluators.get("it")

    def test_a_broken_evaluator_fails_is_looked_up_and_repaired(self, client):
        client.evaluators.create(evaluator={"entry_point": "test_it.py::test_it"}, evaluator_id="it")
        evaluator = self._built(client, archive("def test_it(:\n    pass\n"))
        assert evaluator.state == "BUILD_FAILED"
        log = httpx.get(client.evaluators.get_build_log_endpoint("it").build_log_signed_uri).text
        assert "SyntaxError" in log

        assert client.evaluators.update("it", prepare_code_upload=True, description="again").state == "BUILDING"
        assert self._built(client, archive("def test_it():\n    pass\n")).state == "ACTIVE"

    def test_one_that_exists_is_a_conflict(self, client):
        client.evaluators.create(evaluator={}, evaluator_id="it")

        with pytest.raises(fireworks_sdk.ConflictError, match="evaluator 'it' already exists"):
            client.with_options(max_retries=0).evaluators.create(evaluator={}, evaluator_id="it")

    def test_the_admin_gate_is_a_permission_error(self, server, client):
        server.faults = Faults(script={"POST */evaluatorsV2": "403"})

        with pytest.raises(fireworks_sdk.PermissionDeniedError, match="admin role required to call CreateEvaluatorV2"):
            client.evaluators.create(evaluator={}, evaluator_id="it")

    def test_the_list_turns_its_own_pages(self, client):
        for number in range(5):
            client.evaluators.create(evaluator={}, evaluator_id=f"e{number}")

        names = [evaluator.name.rpartition("/")[2] for evaluator in client.evaluators.list(page_size=2)]
        assert names == ["e0", "e1", "e2", "e3", "e4"]


class TestFireworksSecrets:
    def test_a_secret_is_kept_and_its_value_never_comes_back(self, server, client):
        made = client.secrets.create(name="accounts/local/secrets/my-key", key_name="MY_KEY", value="swordfish")
        assert (made.name, made.key_name, made.value) == ("accounts/local/secrets/my-key", "MY_KEY", None)
        assert client.secrets.get("my-key").value is None
        assert [(secret.key_name, secret.value) for secret in client.secrets.list()] == [("MY_KEY", None)]
        assert server.holds_secret("my-key", "swordfish")

        client.secrets.update("my-key", key_name="MY_KEY", value="trout")
        assert server.holds_secret("my-key", "trout")
        client.secrets.delete("my-key")
        with pytest.raises(fireworks_sdk.NotFoundError):
            client.secrets.get("my-key")


class TestFireworksDatasets:
    ROWS = b'{"messages": [{"role": "user", "content": "2 + 2?"}]}\n' * 3

    def _create(self, client):
        dataset = {"display_name": "Numbers", "format": "CHAT", "user_uploaded": {}}
        return client.datasets.create(dataset=dataset, dataset_id="numbers")

    def test_a_dataset_is_uploaded_in_one_request(self, client):
        assert self._create(client).state == "UPLOADING"
        told = client.datasets.upload("numbers", file=("n.jsonl", self.ROWS))
        assert (told.bytes, told.filename) == (len(self.ROWS), "n.jsonl")

        dataset = client.datasets.get("numbers")
        assert (dataset.state, dataset.example_count) == ("READY", "3")
        url = client.datasets.get_download_endpoint("numbers").filename_to_signed_urls["n.jsonl"]
        assert httpx.get(url).content == self.ROWS

    def test_a_dataset_is_uploaded_through_a_signed_url(self, client):
        self._create(client)
        size = str(len(self.ROWS))
        urls = client.datasets.get_upload_endpoint(
            "numbers", filename_to_size={"n.jsonl": size}
        ).filename_to_signed_urls
        headers = {"Content-Type": "application/octet-stream", "X-Goog-Content-Length-Range": f"{size},{size}"}
        httpx.put(urls["n.jsonl"], content=self.ROWS, headers=headers).raise_for_status()
        client.datasets.validate_upload("numbers", body={})

        assert client.datasets.get("numbers").state == "READY"

    def test_datasets_are_listed_renamed_and_deleted(self, client):
        self._create(client)
        assert client.datasets.update("numbers", display_name="Figures").display_name == "Figures"
        assert [dataset.display_name for dataset in client.datasets.list()] == ["Figures"]
        client.datasets.delete("numbers")

        assert list(client.datasets.list()) == []

    def test_a_wrong_row_is_a_bad_request_that_names_it(self, client):
        self._create(client)

        with pytest.raises(fireworks_sdk.BadRequestError, match=r"n\.jsonl:1: not valid JSON"):
            client.datasets.upload("numbers", file=("n.jsonl", b"{\n"))


def test_the_catalogue_is_listed_by_the_fireworks_sdk(client):
    assert MODEL in [model.name for model in client.models.list(account_id="fireworks", page_size=4)]
    assert client.models.get("qwen3-30b-a3b", account_id="fireworks").state == "READY"
