-- image: turns a picture grey, or does to each pixel whatever its filter says.
--   payload  {"path": FILE}
--   result   the path of the picture that was written, NAME.out.png in the task's output directory
-- The file must lie below a directory of the worker's task.read_roots. PNG is always read, other formats where ImageMagick or vips is
-- installed. A filter of your own replaces the one that is there:
--   function filter(pixel) return pixel ~ 0xFFFFFF00 end    -- the negative; a pixel is 0xRRGGBBAA

function process_image(data)
  local img = load_image(data.path)
  if not img then
    error("Failed to load image: " .. data.path)
  end
  local pixels = img.pixels
  if #pixels > 1000000 then -- Cap memory
    error("Image too large: " .. #pixels .. " pixels")
  end
  for i = 1, #pixels do
    pixels[i] = filter(pixels[i])
  end
  return img:save()
end
