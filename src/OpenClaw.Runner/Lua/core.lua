-- What every script finds besides Lua's own libraries. Host functions never raise: they return ok and a value, or not ok and a
-- message, and the functions here raise it at the caller's line.
local host = ...
local error, type, tostring, select, pcall = error, type, tostring, select, pcall
local concat, traceback, getinfo = table.concat, debug.traceback, debug.getinfo
local getmetatable, setmetatable = getmetatable, setmetatable

-- What a host function refused, as it is raised: who catches it finds message, code and retryable, and can use it as text.
local failure = { __name = "failure" }
function failure.__tostring(f)
  return f.message
end
function failure.__concat(a, b)
  return tostring(a) .. tostring(b)
end

-- Raises at the line that called the function that calls this. Lack of memory is recognised by its bare text.
local function raise(problem, code, retryable)
  if code then
    local at = getinfo(3, "Sl")
    if at and at.currentline > 0 then
      problem = at.short_src .. ":" .. at.currentline .. ": " .. problem
    end
    error(setmetatable({ message = problem, code = code, retryable = retryable }, failure), 0)
  end
  error(problem, problem == "not enough memory" and 0 or 3)
end
host.raise = raise

local function checked(f)
  return function(...)
    local ok, value, code, retryable = f(...)
    if not ok then
      raise(value, code, retryable)
    end
    return value
  end
end
host.checked = checked

local write = host.log
local levels = { debug = 0, info = 1, warn = 2, warning = 2, error = 3 }

-- log(message) or log(level, message)
function log(level, message)
  if message == nil then
    level, message = "info", level
  end
  local number = levels[level]
  if not number then
    error("log: the level is debug, info, warning or error", 2)
  end
  local ok, problem = write(number, tostring(message))
  if not ok then
    raise(problem)
  end
end

function print(...)
  local parts = {}
  for i = 1, select("#", ...) do
    parts[i] = tostring((select(i, ...)))
  end
  local ok, problem = write(1, concat(parts, "\t"))
  if not ok then
    raise(problem)
  end
end

-- progress(fraction, message): 0 to 1, or nil when unknown
local report = checked(host.progress)
function progress(fraction, message)
  return report(fraction or -1, message and tostring(message) or "")
end

sleep = checked(host.sleep)

json = {
  encode = checked(host.encode),
  decode = checked(host.decode),
  array = checked(host.array),
  null = host.null,
}

io.stdout:setvbuf("line")
package.cpath = ""
package.path = host.plugin_dir .. "/?.lua;" .. host.plugin_dir .. "/lib/?.lua"

-- Called by Lua with whatever was raised; gives the message. The way to the error goes to the log.
return function(raised)
  local message = raised
  if type(raised) == "table" then
    if raised.retryable == false then
      host.final()
    end
    local meta = getmetatable(raised)
    if meta == failure then
      host.code(raised.code)
    end
    if type(meta) == "table" and meta.__tostring then
      message = tostring(raised)
    elseif raised.message ~= nil then
      message = tostring(raised.message)
    else
      local ok, text = host.encode(raised)
      message = ok and text or tostring(raised)
    end
  elseif raised == nil then
    message = "an error without a message"
  elseif type(raised) ~= "string" then
    message = tostring(raised)
  end
  if type(message) ~= "string" then
    message = "an error whose text is no string"
  end
  -- A line each, without the message: whoever shows the failure shows that beside them.
  pcall(function()
    for line in traceback("", 2):gmatch("[^\n]+") do
      write(3, (line:gsub("\t", "  ")))
    end
  end)
  return message
end
