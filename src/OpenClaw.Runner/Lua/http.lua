-- http.get(url, options) and http.post(url, body, options): the answer as { status, body, headers }.
-- options: headers (a table of name = text), timeout (seconds, 30 without). The names of the answer's headers are in small letters.
local host = ...
local error, pairs, tostring, type = error, pairs, tostring, type
local send, raise, concat = host.http, host.raise, table.concat

local function request(method, url, body, options)
  if type(url) ~= "string" then
    error("http." .. method:lower() .. ": a URL is needed", 3)
  end
  if body ~= nil and type(body) ~= "string" then
    error("http.post: the body is a string; json.encode makes one", 3)
  end
  if options ~= nil and type(options) ~= "table" then
    error("http." .. method:lower() .. ": the options are a table", 3)
  end
  local lines = {}
  for name, value in pairs(options and options.headers or {}) do
    lines[#lines + 1] = tostring(name) .. "\n" .. tostring(value)
  end
  return send(method, url, body or "", concat(lines, "\n"), options and options.timeout or 30)
end

http = {
  get = function(url, options)
    local ok, result, code, retryable = request("GET", url, nil, options)
    if not ok then
      raise(result, code, retryable)
    end
    return result
  end,
  post = function(url, body, options)
    local ok, result, code, retryable = request("POST", url, body, options)
    if not ok then
      raise(result, code, retryable)
    end
    return result
  end,
}
