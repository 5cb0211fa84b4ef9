-- What wrk asks for http_load.cpp: wrk -s http_load.lua URL -- STATUS ROWS. GET, or with ROWS > 0 a POST of so many
-- readings, one after the other. The last line says "figures", then requests/s, p50 and p99 in ms, how many requests
-- were not answered with STATUS, and one such answer.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  wanted = tonumber(args[1])
  rows = tonumber(args[2])
  number = 0
  others = 0
  other = ""
  if rows > 0 then
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
  end
  get = wrk.format()
end

function request()
  if rows == 0 then return get end
  number = number + 1
  local readings = {}
  for row = 1, rows do
    readings[row] = string.format('{"sensor":"bench.%d.%d","value":%d,"unit":"Cel"}', number % 16, row % 10, number)
  end
  return wrk.format(nil, nil, nil, "[" .. table.concat(readings, ",") .. "]")
end

function response(status, headers, body)
  if status ~= wanted then
    others = others + 1
    other = status .. " " .. body
  end
end

function done(summary, latency)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.timeout
  local example = bad > 0 and "no answer" or ""
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("others")
    if thread:get("other") ~= "" then example = thread:get("other") end
  end
  print(string.format("figures %.6f %.6f %.6f %d %s", (summary.requests - bad) / (summary.duration / 1e6),
                      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, bad, example))
end
