import threading

from pagekeep.project.sqlite.turns import Turns


def test_first_come_first_served() -> None:
    turns, order, threads = Turns(), list[int](), []
    assert turns.take(0)

    def take(number: int) -> None:
        assert turns.take(30)
        order.append(number)
        turns.pass_on()

    for number in range(5):
        threads.append(threading.Thread(target=take, args=(number,)))
        threads[-1].start()
        while len(turns._waiting) <= number:
            pass
    turns.pass_on()
    for thread in threads:
        thread.join(30)
    assert order == list(range(5))
    assert turns.take(0)


def test_one_that_gives_up_is_passed_over() -> None:
    turns = Turns()
    assert turns.take(0)
    assert not turns.take(0.01)
    turns.pass_on()
    assert turns.take(0)
    assert not turns.take(0.01)
