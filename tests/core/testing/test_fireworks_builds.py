"""Uploaded evaluators are built for real: unpacked, compiled and imported, with a log that says what happened."""

import io
import tarfile
import time

import pytest

from reward_kit.testing.fireworks import FireworksServer, Limits

ACCOUNT = "/v1/accounts/local"
GOOD = {
    "requirements.txt": "pydantic\n",
    "test_it.py": "import judge\n\ndef test_it():\n    judge.grade()\n",
    "judge.py": "def grade():\n    return 1\n",
}


def packed(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            data = b"" if isinstance(content, tarfile.TarInfo) else content.encode()
            info.size = len(data) or info.size
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


class Project:
    def __init__(self, server, call):
        self.server, self.call = server, call

    def api(self, method, path, **options):
        return self.call(self.server, method, ACCOUNT + path, **options)

    def create(self, **fields):
        evaluator = {"displayName": "It", "source": {"type": "TYPE_UPLOAD"}, **fields}
        return self.api("POST", "/evaluatorsV2", json={"evaluator": evaluator, "evaluatorId": "it"})

    def upload(self, archive):
        sizes = {"filenameToSize": {"it.tar.gz": str(len(archive))}}
        url = self.api("POST", "/evaluators/it:getUploadEndpoint", json=sizes).json()["filenameToSignedUrls"][
            "it.tar.gz"
        ]
        bounds = f"{len(archive)},{len(archive)}"
        headers = {
            "Content-Type": "application/octet-stream",
            "X-Goog-Content-Length-Range": bounds,
            "Authorization": "",
        }
        assert self.call(self.server, "PUT", url, data=archive, headers=headers).status_code == 200

    def build(self, archive):
        self.upload(archive)
        assert self.api("POST", "/evaluators/it:validateUpload", json={}).json() == {}
        return self.built()

    def built(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            evaluator = self.api("GET", "/evaluators/it").json()
            if evaluator["state"] != "BUILDING":
                return evaluator
            time.sleep(0.02)
        raise AssertionError(evaluator)

    def log(self):
        uri = self.api("GET", "/evaluators/it:getBuildLogEndpoint").json()["buildLogSignedUri"]
        return self.call(self.server, "GET", uri, headers={"Authorization": ""}).text


@pytest.fixture
def project(fireworks, call):
    return Project(fireworks, call)


def test_a_good_project_becomes_active(project):
    made = project.create(entryPoint="test_it.py::test_it").json()
    assert made["state"] == "BUILDING"
    evaluator = project.build(packed(GOOD))

    assert (evaluator["state"], evaluator["status"]["code"]) == ("ACTIVE", "OK")
    assert "  judge.py (26 bytes)" in project.log()
    assert project.log().endswith("BUILD SUCCEEDED\n")


def test_without_an_entry_point_every_test_file_is_imported(project):
    project.create()
    evaluator = project.build(packed({**GOOD, "test_other.py": "raise ValueError('other')\n"}))

    assert evaluator["state"] == "BUILD_FAILED"
    assert "ValueError: other" in project.log()


def test_the_source_comes_back_as_it_went(project):
    project.create()
    project.build(packed(GOOD))
    urls = project.api("GET", "/evaluators/it:getSourceCodeSignedUrl").json()["filenameToSignedUrls"]
    content = project.call(project.server, "GET", urls["it.tar.gz"], headers={"Authorization": ""}).content

    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        assert set(tar.getnames()) == set(GOOD)


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def huge():
    info = tarfile.TarInfo("huge.bin")
    info.size = 1 << 40
    return info


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({**GOOD, "judge.py": "def grade(:\n"}, "SyntaxError"),
        ({**GOOD, "unused.py": "x = = 1\n"}, "SyntaxError"),
        ({**GOOD, "judge.py": "import no_such_module\n"}, "ModuleNotFoundError: No module named 'no_such_module'"),
        ({**GOOD, "judge.py": "print('hello from the build')\nraise OSError\n"}, "hello from the build"),
        ({**GOOD, "judge.py": "import os\nos._exit(0)\n"}, "its process ended with exit code 0"),
        (
            {**GOOD, "requirements.txt": "no-such-thing-on-earth\n"},
            "no matching distribution found for no-such-thing-on-earth",
        ),
        ({"judge.py": "x = 1\n"}, "the archive has no test_*.py"),
        ({**GOOD, "../up.py": "x = 1\n"}, "found the file name '../up.py'"),
        ({**GOOD, "/etc/up.py": "x = 1\n"}, "found the file name '/etc/up.py'"),
        ({**GOOD, "l": special("l", tarfile.SYMTYPE, "/etc/passwd")}, "neither a file nor a folder"),
        ({**GOOD, "l": special("l", tarfile.LNKTYPE, "judge.py")}, "neither a file nor a folder"),
        ({**GOOD, "d": special("d", tarfile.CHRTYPE)}, "neither a file nor a folder"),
    ],
)
def test_a_project_that_cannot_be_built_fails_and_the_log_says_why(project, files, told):
    project.create()
    evaluator = project.build(packed(files))

    assert evaluator["state"] == "BUILD_FAILED"
    assert evaluator["status"]["code"] == "INVALID_ARGUMENT"
    assert evaluator["status"]["message"].startswith("build failed: ")
    assert told in project.log()
    assert "BUILD FAILED" in project.log()


def test_an_archive_that_claims_to_be_huge_is_refused_before_it_is_unpacked(project):
    project.create()
    header = io.BytesIO()
    with tarfile.open(fileobj=header, mode="w:gz") as tar:
        tar.fileobj.write(huge().tobuf())
    evaluator = project.build(header.getvalue())

    assert evaluator["state"] == "BUILD_FAILED"
    assert "more than 268435456 bytes" in project.log()


@pytest.mark.parametrize("archive", [b"not an archive", b"\x1f\x8b" + b"x" * 40, packed(GOOD)[:100]])
def test_what_is_no_archive_fails(project, archive):
    project.create()

    assert project.build(archive)["state"] == "BUILD_FAILED"
    assert "the archive is not a tar.gz" in project.log()


@pytest.mark.parametrize(
    ("entry_point", "told"),
    [
        ("absent.py::f", "the entry point 'absent.py::f' is not in the archive"),
        ("test_it.py::f", "has no function 'f'"),
    ],
)
def test_an_entry_point_has_to_exist(project, entry_point, told):
    project.create(entryPoint=entry_point)

    assert project.build(packed(GOOD))["state"] == "BUILD_FAILED"
    assert told in project.log()


def test_requirements_of_the_evaluator_count_too(project):
    project.create(requirements="no-such-thing-on-earth")

    assert "no-such-thing-on-earth" in project.build(packed(GOOD))["status"]["message"]


def test_a_log_shows_no_path_of_this_machine(project):
    project.create()
    project.build(packed({**GOOD, "judge.py": "raise OSError\n"}))

    assert 'File "judge.py", line 1' in project.log()
    assert "local-fireworks-" not in project.log()


def test_an_upload_is_validated_only_when_it_came(project):
    project.create()
    assert project.api("POST", "/evaluators/it:validateUpload", json={}).status_code == 400
    project.api("POST", "/evaluators/it:getUploadEndpoint", json={"filenameToSize": {"it.tar.gz": "9"}})

    assert project.api("POST", "/evaluators/it:validateUpload", json={}).status_code == 400
    assert project.api("GET", "/evaluators/it:getBuildLogEndpoint").status_code == 404
    assert project.api("GET", "/evaluators/it:getSourceCodeSignedUrl").status_code == 404


@pytest.mark.parametrize(
    "sizes", [{}, {"it.zip": "9"}, {"a.tar.gz": "1", "b.tar.gz": "1"}, {"../a.tar.gz": "1"}, {"a.tar.gz": "-1"}]
)
def test_an_upload_is_one_archive(project, sizes):
    project.create()
    answer = project.api("POST", "/evaluators/it:getUploadEndpoint", json={"filenameToSize": sizes})

    assert answer.status_code == 400
    assert "filenameToSize" in answer.json()["message"]


def test_new_code_needs_a_patch_first_and_is_then_built(project):
    project.create()
    project.build(packed({**GOOD, "judge.py": "raise OSError\n"}))
    sizes = {"filenameToSize": {"it.tar.gz": "9"}}
    assert project.api("POST", "/evaluators/it:getUploadEndpoint", json=sizes).status_code == 400

    patched = project.api("PATCH", "/evaluators/it?prepareCodeUpload=true", json={"displayName": "New"}).json()
    assert (patched["state"], patched["displayName"]) == ("BUILDING", "New")
    assert project.build(packed(GOOD))["state"] == "ACTIVE"


def test_other_requirements_cause_another_build(project):
    project.create()
    assert project.build(packed(GOOD))["state"] == "ACTIVE"
    project.api("PATCH", "/evaluators/it", json={"requirements": "no-such-thing-on-earth"})

    assert project.built()["state"] == "BUILD_FAILED"


def test_a_new_description_causes_none(project):
    project.create()
    project.build(packed(GOOD))

    assert project.api("PATCH", "/evaluators/it", json={"description": "d"}).json()["state"] == "ACTIVE"


def test_an_update_mask_limits_what_is_changed(project):
    project.create(description="old")
    patched = project.api(
        "PATCH", "/evaluators/it?updateMask=displayName", json={"displayName": "New", "description": "x"}
    )

    assert (patched.json()["displayName"], patched.json()["description"]) == ("New", "old")


def test_an_evaluator_deleted_while_it_is_built_stays_deleted(project):
    project.create()
    project.upload(packed({**GOOD, "judge.py": "import time\ntime.sleep(0.5)\n"}))
    project.api("POST", "/evaluators/it:validateUpload", json={})
    project.api("DELETE", "/evaluators/it")
    time.sleep(0.8)

    assert project.api("GET", "/evaluators/it").status_code == 404


def test_a_build_that_never_ends_is_stopped(call):
    with FireworksServer(limits=Limits(total_seconds=0.5)) as server:
        project = Project(server, call)
        project.create()
        evaluator = project.build(packed({**GOOD, "judge.py": "while True:\n    pass\n"}))

    assert (
        evaluator["status"]["message"]
        == "build failed: the code cannot be imported: it did not answer in time and was stopped"
    )


def test_stopping_the_server_stops_a_build(call):
    with FireworksServer() as server:
        project = Project(server, call)
        project.create()
        project.upload(packed({**GOOD, "judge.py": "while True:\n    pass\n"}))
        project.api("POST", "/evaluators/it:validateUpload", json={})
        time.sleep(0.3)
        started = time.monotonic()

    assert time.monotonic() - started < 3


def test_building_from_github_is_not_implemented_and_says_so(project):
    assert project.create(source={"type": "TYPE_GITHUB", "githubRepositoryName": "a/b"}).status_code == 501
