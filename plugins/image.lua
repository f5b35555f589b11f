-- image: turns a picture grey, or does to each pixel whatever its filter says.
--   payload  {"path": FILE}
--   result   the path of the picture that was written, NAME.out.png in the task's output directory
-- The file must lie below a directory of the worker's task.read_roots. PNG is always read, other formats where ImageMagick or vips is
-- installed. A filter of your own replaces the one that is there:
--   function filter(pixel) return pixel ~ 0xFFFFFF00 end    -- the negative; a pixel is 0xRRGGBBAA

-- Another attempt cannot help: the payload stays what it is.
local function refuse(message)
  error({ message = message, retryable = false })
end

function process_image(data)
  if type(data) ~= "table" or type(data.path) ~= "string" then
    refuse('The payload needs a "path", as in {"path": "/srv/pictures/a.png"}')
  end
  local img = load_image(data.path)
  if not img then
    refuse("Failed to load image: " .. data.path .. ": there is no such file")
  end
  local pixels = img.pixels
  if #pixels > 1000000 then -- Cap memory
    refuse("Image too large: " .. #pixels .. " pixels")
  end
  for i = 1, #pixels do
    pixels[i] = filter(pixels[i])
  end
  return img:save()
end
