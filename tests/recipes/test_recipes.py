"""The recipes of CONTRIBUTING.md hold: performed on a copy of the project, what must pass passes.

A recipe with one step left out fails, and says in which file something is missing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recipes.recipe import Recipe, Step, recipes
from tests.recipes.tree import REPOSITORY, Tree

TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = recipes(TEXT)
PERFORMED = {title: recipe for title, recipe in RECIPES.items() if recipe.steps}


def test_the_recipes_are_found():
    assert {"Add a mart", "Add a column", "Add a customer measure", "Add a quarantine rule"} <= set(PERFORMED)
    assert {"Add a source table", "Add a page"} <= set(RECIPES)


@pytest.mark.parametrize("recipe", PERFORMED.values(), ids=PERFORMED)
def test_a_recipe_holds(recipe: Recipe, tmp_path: Path):
    tree = Tree(tmp_path)
    tree.perform(recipe)
    for command in recipe.commands:
        done = tree.run(command)
        assert done.code == 0, f"{command}\n{done.text[-3000:]}"


# The last step in each file but the first: a change that is not begun is not a change.
LEFT_OUT = [
    pytest.param(recipe, step, id=f"{title}: {step.path}")
    for title, recipe in PERFORMED.items()
    for step in {step.path: step for step in recipe.steps[1:]}.values()
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
