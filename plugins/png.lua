-- png: looks into a PNG picture: walks its chunks, verifies each checksum, and tells what the header says. Decodes no pixels.
--   payload  {"path": FILE}
--   result   {"width": N, "height": N, "depth": N, "color": NAME, "bytes": N, "chunks": {TYPE: N, …}, "text": {KEY: VALUE, …}}
-- The format: https://www.w3.org/TR/png/

local SIGNATURE = "\137PNG\r\n\26\n"
local COLORS = { [0] = "grey", [2] = "rgb", [3] = "palette", [4] = "grey+alpha", [6] = "rgb+alpha" }

-- The table of CRC-32 (annex D of the standard), made once for each run of the script.
local crc_table = {}
for n = 0, 255 do
  local c = n
  for _ = 1, 8 do
    c = (c & 1) == 1 and (0xEDB88320 ~ (c >> 1)) or (c >> 1)
  end
  crc_table[n] = c
end

local function crc32(bytes)
  local c = 0xFFFFFFFF
  for i = 1, #bytes do
    c = crc_table[(c ~ bytes:byte(i)) & 0xFF] ~ (c >> 8)
  end
  return c ~ 0xFFFFFFFF
end

-- A broken picture stays broken: no retry helps.
local function broken(path, problem)
  error({ message = path:match("[^/]*$") .. ": " .. problem, retryable = false })
end

function process_png(data)
  local path = data.path
  if type(path) ~= "string" then
    error({ message = "the payload needs a path", retryable = false })
  end
  local file, problem = io.open(path, "rb")
  if not file then
    error({ message = "cannot read " .. problem, retryable = false })
  end
  local content = file:read("a")
  file:close()
  if content:sub(1, 8) ~= SIGNATURE then
    broken(path, "this is not a PNG picture")
  end

  local result = { bytes = #content, chunks = {}, text = {} }
  local at, kind = 9, nil
  while kind ~= "IEND" do
    if at + 11 > #content then
      broken(path, "the file ends before the picture does (chunk IEND is missing)")
    end
    local length = string.unpack(">I4", content, at)
    kind = content:sub(at + 4, at + 7)
    local finish = at + 8 + length
    if finish + 3 > #content then
      broken(path, ("chunk %s should have %d bytes, and the file ends after %d of them"):format(kind, length, #content - at - 7))
    end
    if crc32(content:sub(at + 4, finish - 1)) ~= string.unpack(">I4", content, finish) then
      broken(path, "the checksum of chunk " .. kind .. " is wrong")
    end
    result.chunks[kind] = (result.chunks[kind] or 0) + 1
    if kind == "IHDR" then
      local color
      result.width, result.height, result.depth, color = string.unpack(">I4I4BB", content, at + 8)
      result.color = COLORS[color] or broken(path, "there is no colour type " .. color)
    elseif kind == "tEXt" then
      local key, value = content:sub(at + 8, finish - 1):match("^([^\0]+)\0(.*)$")
      if key and utf8.len(value) then
        result.text[key] = value
      end
    end
    at = finish + 4
    progress(math.min(1, at / #content), kind)
  end
  if not result.width then
    broken(path, "there is no header (chunk IHDR is missing)")
  end
  return result
end
