"""The recipes of CONTRIBUTING.md hold: performed on a copy of the project, what must pass passes.

A recipe with one step left out fails, and says in which file something is missing.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.recipes.recipe import Recipe, Step, recipes
from tests.recipes.tree import REPOSITORY, Tree

TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = recipes(TEXT)
CHANGE = re.compile(r"^\| (an? .+?|the .+?) \| (?:the header of )?`([^`]+)` \| `(tests/[^`]+)` \|$", re.MULTILINE)
CHANGES = {change: (file, test) for change, file, test in CHANGE.findall(TEXT)}
PERFORMED = {title: recipe for title, recipe in RECIPES.items() if recipe.steps}


def test_the_recipes_are_found():
    assert {"Add a mart", "Add a column", "Add a customer measure", "Add a quarantine rule"} <= set(PERFORMED)
    assert {"Add a source table", "Add a page"} <= set(RECIPES)


def files_of(pattern: str) -> list[Path]:
    """Return the files that a path with <names> stands for."""
    return sorted(REPOSITORY.glob(re.sub(r"<[^>]+>", "*", pattern)))


def test_ten_changes_say_which_file_they_begin_in():
    assert len(CHANGES) == 10


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_names_a_file_and_a_test_that_exist(change: str):
    file, test = CHANGES[change]
    assert files_of(file), f"CONTRIBUTING.md: there is no {file}"
    assert files_of(test), f"CONTRIBUTING.md: there is no {test}"


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ("a new mart", "Add a mart"),
        ("a new column of a gold table", "Add a column"),
        ("a new additive measure of customers", "Add a customer measure"),
        ("a new quarantine reason", "Add a quarantine rule"),
    ],
)
def test_a_recipe_begins_in_the_file_that_the_table_names(change: str, title: str):
    pattern = re.escape(CHANGES[change][0])
    assert re.fullmatch(re.sub(r"<[^>]+>", "[^/]+", pattern), PERFORMED[title].steps[0].path)


@pytest.mark.parametrize("recipe", PERFORMED.values(), ids=PERFORMED)
def test_a_recipe_holds(recipe: Recipe, tmp_path: Path):
    tree = Tree(tmp_path)
    tree.perform(recipe)
    for command in recipe.commands:
        done = tree.run(command)
        assert done.code == 0, f"{command}\n{done.text[-3000:]}"


def steps_to_leave_out(recipe: Recipe) -> list[Step]:
    """Return the last step in each file after the one that the change begins in, tests apart.

    A recipe with one file has its own last step, if it has several: a change that is not begun is not a change.
    """
    last_steps = {step.path: step for step in recipe.steps[1:] if not step.path.startswith("tests/")}
    others = [step for path, step in last_steps.items() if path != recipe.steps[0].path]
    return others or list(last_steps.values())


LEFT_OUT = [
    pytest.param(recipe, step, id=f"{title}: {step.path}")
    for title, recipe in PERFORMED.items()
    for step in steps_to_leave_out(recipe)
]


@pytest.mark.parametrize(("recipe", "step"), LEFT_OUT)
def test_a_recipe_without_one_step_fails_and_names_its_file(recipe: Recipe, step: Step, tmp_path: Path):
    tree = Tree(tmp_path)
    tree.perform(recipe, without=step)
    said = ""
    for command in recipe.commands:
        done = tree.run(command, "--maxfail=1")
        said += done.text
        if done.code:
            break
    else:
        pytest.fail(f"nothing fails without {step.path}")
    assert Path(step.path).name in said, f"the failure does not name {step.path}:\n{said[-3000:]}"


@pytest.mark.parametrize("title", ["Add a column"])
def test_what_was_not_generated_again_is_named(title: str, tmp_path: Path):
    tree = Tree(tmp_path)
    tree.perform(PERFORMED[title])
    done = tree.run("make test ARGS=tests/docs/test_dictionary.py")
    assert done.code
    assert "run `make docs`" in done.text
