-- For wrk: what it sends, a line of a file each time, and what it found, as one line of JSON.
-- Arguments: how, file, and for how = "once" or "again" the Authorization header.
--   get     the same GET each time, without a file
--   once    each line is the body of a POST and is sent once; stops after the last
--   again   the same, from the start again after the last
--   bearer  each line is a token, sent with a GET
local lines, at, how, headers = {}, 0, nil, {}

function init(args)
  how = args[1]
  if how == "get" then
    return
  end
  for line in io.lines(args[2]) do
    lines[#lines + 1] = line
  end
  if how ~= "bearer" then
    headers["Authorization"] = args[3]
    headers["Content-Type"] = "application/x-www-form-urlencoded"
  end
end

function request()
  if how == "get" then
    return wrk.format("GET")
  end
  at = at + 1
  if at > #lines then
    if how == "once" then
      wrk.thread:stop()
    end
    at = 1
  end
  if how == "bearer" then
    headers["Authorization"] = "Bearer " .. lines[at]
    return wrk.format("GET", nil, headers)
  end
  return wrk.format("POST", nil, headers, lines[at])
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests":%d,"seconds":%.6f,"p50":%.3f,"p95":%.3f,"p99":%.3f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
