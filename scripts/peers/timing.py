"""How a tool is measured: warmed up, then one document after the other until there are enough or time is up."""
import json
import time


def measure(count, seconds, warm, make):
    """Prints one JSON line with the milliseconds of each document; `make(n)` makes document n."""
    for number in range(warm):
        make(number)
    times, end = [], time.perf_counter() + seconds
    for number in range(warm, warm + count):
        start = time.perf_counter()
        make(number)
        times.append((time.perf_counter() - start) * 1000)
        if time.perf_counter() > end:
            break
    print(json.dumps({"milliseconds": times}), flush=True)
