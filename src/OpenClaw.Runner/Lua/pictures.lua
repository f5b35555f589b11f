-- Pictures: load_image, new_image, filter, and what an image can do. A pixel is an integer 0xRRGGBBAA; pixels[1] is the top left one,
-- and rows follow one another from the top.
local host = ...
local error, math_type, setmetatable, tostring, type = error, math.type, setmetatable, tostring, type
local get, set, count, raise = host.pixel, host.set_pixel, host.pixel_count, host.raise
local load, new, save = host.load_image, host.new_image, host.save_image

local function why_not(pixels, index, value)
  if math_type(index) ~= "integer" or index < 1 or index > count(pixels) then
    return ("there is no pixel %s: 1 to %d"):format(tostring(index), count(pixels))
  end
  return ("pixel %d cannot be %s: an integer from 0 to 0xFFFFFFFF is needed"):format(index, tostring(value))
end

host.pixels_of({
  __name = "pixels",
  __metatable = "pixels",
  __index = get,
  __newindex = function(pixels, index, value)
    if not set(pixels, index, value) then
      error(why_not(pixels, index, value), 2)
    end
  end,
  __len = count,
})

local image = { __name = "image" }
image.__index = image

-- load_image(path): nil when there is no such file.
function load_image(path)
  local ok, result, code, retryable = load(path)
  if not ok then
    raise(result, code, retryable)
  end
  return result and setmetatable(result, image)
end

-- new_image(width, height, colour): transparent without a colour.
function new_image(width, height, color)
  local ok, result, code, retryable = new(width, height, color or 0)
  if not ok then
    raise(result, code, retryable)
  end
  return setmetatable(result, image)
end

-- img:save() writes NAME.out.png into the task's output directory, img:save(path) that path; gives the path.
function image:save(path)
  if type(self) ~= "table" then
    error("save is called as img:save()", 2)
  end
  if path == nil then
    local name = type(self.path) == "string" and self.path:match("[^/]*$") or "image"
    path = task.output_dir .. "/" .. (name:match("^(.+)%.[^.]*$") or name) .. ".out.png"
  end
  local ok, result, code, retryable = save(self.pixels, path)
  if not ok then
    raise(result, code, retryable)
  end
  return result
end

-- Grey as the eye sees it (the luma of ITU-R BT.601, rounded); the alpha stays. A plugin may define its own.
function filter(pixel)
  local grey = ((pixel >> 24) * 299 + (pixel >> 16 & 0xFF) * 587 + (pixel >> 8 & 0xFF) * 114 + 500) // 1000
  return grey << 24 | grey << 16 | grey << 8 | pixel & 0xFF
end
