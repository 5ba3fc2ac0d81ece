"""The tasks by name."""

from __future__ import annotations

from energyprof.tasks import dates, digits, llama_shapes, similarity
from energyprof.tasks.names import unknown_name
from energyprof.tasks.task import Task

_TASKS = {task.name: task for task in (digits.TASK, dates.TASK, similarity.TASK, llama_shapes.TASK)}


def get(name: str) -> Task:
    """The task of that name.

    Raises:
        UnknownName: there is none; the message has the nearest names.
    """
    if name not in _TASKS:
        raise unknown_name("task", name, _TASKS)
    return _TASKS[name]


def names() -> list[str]:
    """The names of all tasks, in alphabetical order."""
    return sorted(_TASKS)
