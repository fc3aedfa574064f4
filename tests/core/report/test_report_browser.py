"""The report in a real browser: ten thousand rows, found, filtered, walked through and read by the keyboard alone."""

import json
import os
import shutil
import time

import pytest

pytest.importorskip("jinja2", reason="the extra 'report' is not installed")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from reward_kit.report import write_report  # noqa: E402 - after what skips the tests

ROWS = 10_000
HOSTILE = "</script><script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
CODE = f"Here it is:\n```python\ndef add(a, b):\n    return a + 1  # {HOSTILE}\n```\nDone."
CALL = '<tool_call>\n{"name": "tide_table", "arguments": {"harbour": "Brest"}}\n</tool_call>'


def browser_path():
    """Return the browser of this machine; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser():
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium on PATH")
    # Chromium's own sandbox does not start as root, as in a container.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return the report of a run with ten thousand rows, one in ten of which failed and one in a hundred is lost."""
    from reward_kit import EvaluateResult
    from reward_kit.evaluation import evaluate

    folder = tmp_path_factory.mktemp("browser")
    data = folder / "data.jsonl"
    with data.open("w") as file:
        for number in range(ROWS):
            reply = {0: CODE, 10: CALL, 20: "[" * 9000 + "]" * 9000}.get(number, f"reply {number}")
            row = {"id": f"row-{number}", "messages": [{"role": "user", "content": f"question {number}"}]}
            file.write(json.dumps({**row, "ground_truth": str(number), "reference": reply}) + "\n")

    def grader(_messages, ground_truth, **_):
        number = int(ground_truth)
        if number % 100 == 50:
            return EvaluateResult.not_graded(f"the judge timed out after {number} s")
        if number % 10 == 0:
            return EvaluateResult(score=0.25, reason=f"'{number}' is wrong")
        return EvaluateResult(score=1.0, reason="right")

    evaluate(data, grader, run_dir=folder / "run")
    return write_report([folder / "run"], folder / "report.html")


@pytest.fixture
def page(browser, report):
    """Return the open report; anything that the browser complains about fails the test."""
    complaints = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if request.url != report.as_uri() else None)
    page.goto(report.as_uri())
    yield page
    assert page.title() == "run - reward-kit"
    page.close()
    assert complaints == []


def count(page, expected):
    sync_api.expect(page.locator(".count")).to_have_text(expected)


def test_of_ten_thousand_rows_only_those_in_sight_are_elements(page):
    count(page, "10000 of 10000")
    assert page.locator(".row").count() < 50
    assert page.locator(".row .id").first.inner_text() == "row-0"
    page.locator(".list").evaluate("list => { list.scrollTop = list.scrollHeight }")
    sync_api.expect(page.locator(".row .id").last).to_have_text("row-9999")
    assert page.locator(".row").count() < 50


def test_ten_thousand_rows_stay_fluid(page):
    frame = """list => {
        const longest = [];
        for (let step = 0; step < 50; step += 1) {
            const start = performance.now();
            list.scrollTop = step * 5000;
            list.dispatchEvent(new Event("scroll"));
            list.getBoundingClientRect();
            longest.push(performance.now() - start);
        }
        return longest.sort((a, b) => a - b)[25];
    }"""
    assert page.locator(".list").evaluate(frame) < 50  # milliseconds; a busy machine needs about one
    start = time.perf_counter()
    page.locator(".search").fill("reply 9876")
    count(page, "1 of 10000")
    assert time.perf_counter() - start < 5


def test_search_finds_prompts_replies_and_reasons(page):
    for text, expected in {
        "question 4321": "1 of 10000",
        "HARBOUR brest": "1 of 10000",
        "timed out": "100 of 10000",
        "no such words": "0 of 10000",
        "": "10000 of 10000",
    }.items():
        page.locator(".search").fill(text)
        count(page, expected)


def test_filters_narrow_the_rows_and_orders_turn_them(page):
    page.get_by_label("Outcome").select_option("failed")
    count(page, "900 of 10000")
    page.get_by_label("Outcome").select_option("not graded")
    count(page, "100 of 10000")
    assert page.locator(".row .id").first.inner_text() == "row-50"
    page.get_by_label("Outcome").select_option("")
    page.get_by_label("Order").select_option("best first")
    assert page.locator(".row .id").first.inner_text() == "row-1"
    page.get_by_label("cut off only").check()
    count(page, "0 of 10000")


def test_a_kind_of_failure_is_a_filter(page):
    page.get_by_role("button", name="the judge timed out after N s").click()
    count(page, "100 of 10000")
    assert page.locator(".badge[data-outcome='not graded']").count() > 5
    assert page.get_by_label("Kind of failure").input_value() == "the judge timed out after N s"


def test_the_keyboard_alone_walks_through_the_rows_and_reads_them(page):
    page.get_by_label("cut off only").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.locator(".row[aria-selected='true'] .id").inner_text() == "row-10"
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    sync_api.expect(dialog).to_be_visible()
    assert dialog.get_by_role("heading", level=2).inner_text() == "row-10"
    page.keyboard.press("ArrowRight")
    assert dialog.get_by_role("heading", level=2).inner_text() == "row-20"
    page.keyboard.press("Escape")
    sync_api.expect(dialog).not_to_be_visible()
    page.keyboard.press("End")
    assert page.locator(".row[aria-selected='true'] .id").inner_text() == "row-9999"


def test_code_and_calls_are_highlighted_and_hostile_text_stays_text(page):
    page.locator(".row").first.click()
    dialog = page.get_by_role("dialog")
    assert dialog.locator("pre .t-word").all_inner_texts() == ["def", "return"]
    assert dialog.locator("pre .t-remark").inner_text() == f"# {HOSTILE}"
    assert dialog.locator(".pane").filter(has_text="Gold").locator(".said").first.inner_text() == "0"
    page.keyboard.press("ArrowRight")
    assert dialog.locator("pre").inner_text().splitlines()[:2] == ["{", '  "name": "tide_table",']
    assert page.locator("img").count() == 0


def test_a_reply_that_nests_ten_thousand_levels_is_shown_as_it_is(page):
    page.locator(".row").nth(2).click()
    reply = page.locator("dialog .pane").filter(has=page.get_by_role("heading", name="Reply", exact=True))
    assert reply.locator(".said").inner_text() == "[" * 9000 + "]" * 9000


def test_a_row_shows_its_prompt_and_its_reply_side_by_side(page):
    page.locator(".row").nth(3).click()
    prompt, reply = (
        page.locator("dialog .pane").filter(has=page.get_by_role("heading", name=name, exact=True)).bounding_box()
        for name in ("Prompt", "Reply")
    )
    assert prompt["y"] == reply["y"]
    assert prompt["x"] + prompt["width"] < reply["x"]


@pytest.mark.parametrize("opened", [False, True])
def test_a_phone_shows_it_without_scrolling_sideways(page, opened):
    page.set_viewport_size({"width": 360, "height": 740})
    if opened:
        page.locator(".row").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= 360


def test_light_and_dark_follow_what_the_reader_prefers(page):
    colour = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    assert page.evaluate(colour) == "rgb(247, 247, 245)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == "rgb(20, 23, 27)"
