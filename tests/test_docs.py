"""The documentation is true: its commands load (the README's: test_readme.py), its
links lead somewhere, and the pages on how to add something are done as they stand."""

import json
import pathlib
import re
import shlex
import shutil

import pytest
import tiny_shards

from naive_student_tf import config, model

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
PAGES += sorted(ROOT.glob("experiments/*/README.md"))
PAGES = {page.relative_to(ROOT).as_posix(): page for page in PAGES}
# Smaller and in one process; what a page says is what is run otherwise.
QUICK = {
    "train.gin": [
        *("STEPS = 2", "loop.train.warmup_steps = 1"),
        *("loop.train.steps_per_loop = 1", "loop.train.save_every = 2"),
    ],
    "build_shards.gin": ["build_shards.build_shards.num_workers = 1"],
    "doctor.gin": ["doctor.examine.num_workers = 1"],
}


def blocks(page):
    """[(language, file name or '', text)] of the fenced blocks of a page."""
    found = re.findall(r"^```(\w*) ?(\S*)\n(.*?)^```$", page.read_text(), re.M | re.S)
    return [tuple(block) for block in found]


def commands(page):
    """[(gin files, bindings)] of every complete command of the package's entry."""
    for _, _, text in blocks(page):
        for line in text.replace("\\\n", " ").splitlines():
            head, entry, tail = line.partition("-m naive_student_tf.main ")
            if not entry or "python" not in head or "..." in tail or "$" in tail:
                continue
            words = shlex.split(tail, comments=True)
            pairs = list(zip(words[::2], words[1::2], strict=True))
            assert {flag for flag, _ in pairs} <= {"--gin_file", "--gin_param"}, line
            yield tuple(
                [value for flag, value in pairs if flag == wanted]
                for wanted in ("--gin_file", "--gin_param")
            )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A function: a page's name -> an empty folder with the files that it shows."""

    def make(name):
        found = [(path, text) for _, path, text in blocks(PAGES[name]) if path]
        if not found:
            return ROOT
        shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
        for path, text in found:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        monkeypatch.chdir(tmp_path)
        models = [*model.__path__, str(tmp_path / "naive_student_tf" / "model")]
        monkeypatch.setattr(model, "__path__", models)
        return tmp_path

    return make


def do(name):
    """Does what a page says."""
    for files, bindings in commands(PAGES[name]):
        config.load(files, [*bindings, *QUICK.get(pathlib.Path(files[0]).name, [])])
        config.run()


def lineage_of(run):
    return json.loads((run / "lineage.json").read_text())


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"README.md"}))
def test_every_command_loads(name, folder):
    folder(name)
    for files, bindings in commands(PAGES[name]):
        config.load(files, bindings)


def test_commands_are_found():
    assert len(list(commands(PAGES["docs/add_a_data_set.md"]))) == 6


def test_the_program_says_what_troubleshooting_quotes():
    """In bold; a message may be written in several strings, with values in it."""
    sources = (ROOT / "naive_student_tf").rglob("*.py")
    said = re.sub(r'"\s*\n\s*f?"', "", "\n".join(path.read_text() for path in sources))
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    _, *sections = page.split("\n## ")
    bold = re.findall(r"^- \*\*(.+?)\*\*", "\n".join(sections[1:]), re.M)
    quoted = [words for line in bold for words in re.findall(r"`(.+?)`", line)]
    assert len(quoted) > 10
    assert [words for words in quoted if words not in said] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    page = PAGES[name]
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    for link in links:
        assert link.startswith("https://") or (page.parent / link).exists(), link


@pytest.mark.parametrize("name", PAGES)
def test_every_file_of_ours_that_is_named_exists(name):
    shown = {path for _, path, _ in blocks(PAGES[name])}
    named = re.findall(
        r"`((?:gin_configs|naive_student_tf|experiments|benchmarks|tests|docs)/[\w./]+)`",
        PAGES[name].read_text(),
    )
    for path in set(named) - shown:
        assert (ROOT / path).exists(), path


def test_a_data_set_is_added_as_the_page_says(folder):
    root = folder("docs/add_a_data_set.md")
    exec((root / "draw_frames.py").read_text(), {})
    do("docs/add_a_data_set.md")
    scores = json.loads((root / "runs/my_teacher/eval/metrics.json").read_text())
    assert {"pq", "ap", "miou"} <= set(scores) and scores["images"] == 10
    manifest = root / "runs/my_pseudo_labels/train/manifest.json"
    assert json.loads(manifest.read_text())["count"] == 10
    (labels,) = lineage_of(root / "runs/my_student")["data"]
    assert labels["directory"] == "runs/my_pseudo_labels/train"
    assert labels["teacher"]["data"][0]["directory"] == "runs/my_shards/train"


def test_a_backbone_is_added_as_the_page_says(folder):
    root = folder("docs/add_a_backbone.md")
    shards = root / "runs/demo/shards/train_fine"  # which the page has from the demo
    tiny_shards.write(shards, [*map(tiny_shards.frame, range(3))])
    do("docs/add_a_backbone.md")
    described = json.loads((root / "runs/network.json").read_text())
    assert described["trainable_params"] > 10_000
    (trained,) = lineage_of(root / "runs/plain")["data"]
    assert trained["frames"] == 3


def test_a_row_is_added_as_the_page_says(folder, capsys):
    root = folder("docs/add_a_table_row.md")
    (root / "docs").mkdir()
    texts = [text for _, _, text in blocks(PAGES["docs/add_a_table_row.md"])]
    row, claim = (text for text in texts if text.startswith(('"train_extra"', '{"t')))
    path = root / "experiments/table_04/paper.json"
    paper = json.loads(path.read_text())
    paper["rows"] |= json.loads("{" + row + "}")
    paper["claims"].append(json.loads(claim))
    path.write_text(json.dumps(paper))
    do("docs/add_a_table_row.md")
    assert capsys.readouterr().out.count("gin_configs/demo/train.gin") == 2
    assert "| Train-Extra (ours) |" in (root / "docs/results.md").read_text()
