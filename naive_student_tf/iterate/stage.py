"""One stage of the method: a process of the one entry, with its own directory."""

import dataclasses
import hashlib
import io
import json
import pathlib
import re
import sys
import tokenize

ROOT = pathlib.Path(__file__).parents[2]  # as config.py looks for includes
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT}
_INCLUDE = re.compile(r"^include\s+['\"](.+)['\"]", re.M)


@dataclasses.dataclass(frozen=True)
class Stage:
    """What to run, and after what.

    Attributes:
        name: str, also the directory below the run's WORK_DIR.
        gin_files: tuple of str, the job's first, then what is bound on top.
        params: dict of macro -> value (str, int, float, tuple, dict), besides
            WORK_DIR.
        after: tuple of names of stages whose output this one reads.
        iteration: int of the method, or None: not a row of the results.
    """

    name: str
    gin_files: tuple
    params: dict
    after: tuple = ()
    iteration: int | None = None

    def command(self, work_dir, fingerprint=None):
        """The arguments of the process, to run or to print.

        Args:
            work_dir: str, of the run.
            fingerprint: str, what the process leaves in its marker when it is done
                (run_directory.MARKER), or None.
        """
        params = {"WORK_DIR": f"{work_dir}/{self.name}", **self.params}
        arguments = [sys.executable, "-m", "naive_student_tf.main"]
        for path in self.gin_files:
            arguments += ["--gin_file", path]
        for name, value in params.items():
            arguments += ["--gin_param", f"{name} = {value!r}"]
        return arguments + ([f"--stage={fingerprint}"] if fingerprint else [])

    def fingerprint(self, work_dir, parents):
        """sha256 over the config, the parameters and the parents' prints.

        Args:
            work_dir: str, of the run; it may be moved, mounted elsewhere or spelt
                otherwise: what lies in it counts by its place below it.
            parents: list of str, the prints of the stages before this one.
        """
        described = [
            self.name,
            *map(gin_code, self.gin_files),
            json.dumps(_below(self.params, work_dir), sort_keys=True),
            *parents,
        ]
        return hashlib.sha256("\0".join(described).encode()).hexdigest()


def _below(value, work_dir):
    """A parameter with "<WORK_DIR>" for the directory of the run."""
    if isinstance(value, dict):
        return {
            _below(key, work_dir): _below(of, work_dir) for key, of in value.items()
        }
    if isinstance(value, (tuple, list)):
        return [_below(of, work_dir) for of in value]
    if isinstance(value, str) and f"{value}/".startswith(f"{work_dir}/"):
        return "<WORK_DIR>" + value[len(work_dir) :]
    return value


def gin_code(path):
    """What a gin file and its includes bind: their text without comments and layout.

    So a comment may be mended without training again.
    """
    tokens = tokenize.generate_tokens(io.StringIO(gin_text(path)).readline)
    return " ".join(of.string for of in tokens if of.type not in _LAYOUT).strip()


def gin_text(path):
    """The text of a gin file with its includes in place.

    Raises:
        FileNotFoundError: a file that is not there; it is named.
    """
    here = pathlib.Path(path)
    text = (here if here.exists() else ROOT / path).read_text()
    return _INCLUDE.sub(lambda match: gin_text(match[1]), text)
