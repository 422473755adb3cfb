"""What pure functions remember: by identity, no more than asked for, and never the wrong answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from tongqu.base import remember


def test_the_same_things_are_asked_once_and_others_again() -> None:
    asked: list[int] = []

    @remember(8)
    def total(values: pd.Series, more: float = 0.0) -> float:
        asked.append(len(values))
        return float(values.sum()) + more

    one, other = pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0])
    assert [total(one), total(one), total(other), total(one, 1.0), total(one, more=1.0)] == [3, 3, 3, 4, 4]
    assert len(asked) == 4


def test_no_object_takes_the_identity_of_another() -> None:
    @remember(4)
    def first(values: list[int]) -> int:
        return values[0]

    assert [first([number]) for number in range(1000)] == list(range(1000))


def test_the_oldest_question_is_forgotten_first() -> None:
    asked: list[int] = []

    @remember(2)
    def same(number: int) -> int:
        asked.append(number)
        return number

    for number in (1, 2, 1, 3, 1, 2):
        same(number)
    assert asked == [1, 2, 3, 2]


def test_views_of_texts_are_the_same_and_other_texts_are_not() -> None:
    asked: list[int] = []

    @remember(8)
    def size(index: pd.Index) -> int:
        asked.append(len(index))
        return len(index)

    frame = pd.DataFrame({"value": [1, 2]}, index=pd.Index(["a", "b"], dtype="str", name="unit"))
    assert size(frame.index) == size(frame.copy(deep=False).index) == 2
    assert len(asked) == 1
    assert size(pd.Index(["a", "b"], dtype="str", name="unit")) == 2
    assert len(asked) == 2


def test_nothing_is_kept_where_it_goes_wrong() -> None:
    tries: list[int] = []

    @remember(2)
    def fails(number: int) -> int:
        tries.append(number)
        raise ValueError(str(number))

    for _ in range(2):
        try:
            fails(1)
        except ValueError:
            continue
    assert tries == [1, 1]


def test_threads_get_their_own_answers() -> None:
    @remember(3)
    def square(number: int) -> int:
        return number * number

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(square, [n % 7 for n in range(2000)])) == [(n % 7) ** 2 for n in range(2000)]
