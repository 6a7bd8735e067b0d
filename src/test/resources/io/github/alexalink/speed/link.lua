-- For wrk: whole links, from the page to the tokens. A thread is one listener with one connection: each request needs the
-- answer before it. Arguments: path of the issuer, query of the authorization request, which is also what the form
-- repeats, Authorization header of the client, user, password.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long ns; } moment; int clock_gettime(int clock, moment *now);")

local base, query, client, form
local step, started, code, refused = "authorize", nil, nil, false
taken, failed = "", 0 -- global: done() reads them of each thread

local threads = {}
function setup(thread)
  threads[#threads + 1] = thread
  thread:set("number", #threads)
end

local function now()
  local moment = ffi.new("moment")
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.s) * 1e3 + tonumber(moment.ns) / 1e6
end

function init(args)
  base, query, client = args[1], args[2], args[3]
  form = query .. "&decision=allow&username=" .. args[4] .. "&password=" .. args[5]
  math.randomseed(number)
end

local posted = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Sec-Fetch-Site"] = "same-origin" }

-- milliseconds before the next request: a person who is told to try again does not do so at once
function delay()
  return refused and 500 or 0
end

function request()
  if step == "authorize" then
    started = now()
    return wrk.format("GET", base .. "/authorize?" .. query)
  elseif step == "approve" then
    -- every listener from an address of their own: the limit against guessing counts addresses
    posted["X-Forwarded-For"] = string.format("198.%d.%d.%d", 18 + math.random(0, 1), math.random(0, 255), math.random(1, 254))
    return wrk.format("POST", base .. "/approve", posted, form)
  end
  return wrk.format("POST", base .. "/token",
    { ["Content-Type"] = "application/x-www-form-urlencoded", ["Authorization"] = client },
    "grant_type=authorization_code&" .. query .. "&code=" .. code)
end

function response(status, headers, body)
  if step == "authorize" and status == 200 then
    step = "approve"
  elseif step == "approve" and status == 303 and headers["Location"]:match("[?&]code=([^&]+)") then
    code = headers["Location"]:match("[?&]code=([^&]+)")
    step = "token"
  elseif step == "token" and status == 200 then
    taken = taken .. string.format("%.3f ", now() - started)
    step = "authorize"
  else
    failed = failed + 1
    step = "authorize"
    refused = true
    return
  end
  refused = false
end

function done(summary)
  local all, errors = {}, 0
  for _, thread in ipairs(threads) do
    for milliseconds in thread:get("taken"):gmatch("%S+") do
      all[#all + 1] = tonumber(milliseconds)
    end
    errors = errors + thread:get("failed")
  end
  table.sort(all)
  local function part(of)
    return all[math.max(1, math.ceil(of * #all))] or 0
  end
  io.write(string.format('RESULT {"requests":%d,"seconds":%.6f,"p50":%.3f,"p95":%.3f,"p99":%.3f,"errors":%d}\n',
    #all, summary.duration / 1e6, part(0.5), part(0.95), part(0.99), errors))
end
