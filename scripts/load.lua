-- What wrk asks of a node, and what it tells at the end: `wrk ... -- CASES TOKEN RATE CONNECTIONS TERMINAL`.
local cases, at, token, terminal, pause = {}, 0, "", "", 0

function init(args)
  for line in io.lines(args[1]) do
    cases[#cases + 1] = line
  end
  token, terminal = args[2], args[5]
  local rate, connections = tonumber(args[3]), tonumber(args[4])
  -- Each connection waits about so long between two requests (ms), besides what an answer takes.
  pause = rate > 0 and math.max(connections * 1000 / rate - 15, 0) or 0
end

function delay()
  if pause == 0 then
    return 0
  end
  return math.floor(-math.log(1 - math.random()) * pause)
end

function request()
  at = at + 1
  if at > #cases then
    wrk.thread:stop()
    at = #cases
  end
  local headers = {
    ["authorization"] = "Bearer " .. token,
    ["x-shomei-terminal"] = terminal,
    ["idempotency-key"] = "load-" .. cases[at],
  }
  return wrk.format("POST", "/api/v1/cases/" .. cases[at] .. "/documents/1/issuances", headers)
end

function done(summary, latency, requests)
  local of = function(percent)
    return latency:percentile(percent) / 1000
  end
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    "load rate=%.1f/s p50=%.1f ms p95=%.1f ms p99=%.1f ms max=%.1f ms answered=%d refused=%d\n",
    summary.requests / (summary.duration / 1e6), of(50), of(95), of(99), latency.max / 1000, summary.requests, failed
  ))
end
