-- wordcount: how often each word of a text occurs.
--   payload  {"path": FILE, "top": N}        top: how many of the most frequent words to return, 5 if left out
--   result   {"words": N, "distinct": N, "top": [{"word": W, "count": N}, …]}

-- Reads a file, or fails with a sentence that names it.
local function read(path)
  if type(path) ~= "string" then
    error({ message = "the payload needs a path", retryable = false })
  end
  local file, problem = io.open(path, "rb")
  if not file then
    error({ message = "cannot read " .. problem, retryable = false })
  end
  local content = file:read("a")
  file:close()
  return content
end

function process_wordcount(data)
  local text = read(data.path)
  local counts, words, distinct = {}, 0, 0
  for word in text:lower():gmatch("%a+") do
    words = words + 1
    if not counts[word] then
      distinct = distinct + 1
    end
    counts[word] = (counts[word] or 0) + 1
  end
  progress(0.5, "counted " .. words .. " words")

  local ranking = {}
  for word, count in pairs(counts) do
    ranking[#ranking + 1] = { word = word, count = count }
  end
  -- Equal counts in the order of the alphabet, so that the same text always gives the same result.
  table.sort(ranking, function(a, b)
    return a.count > b.count or (a.count == b.count and a.word < b.word)
  end)
  local top = {}
  for i = 1, math.min(data.top or 5, #ranking) do
    top[i] = ranking[i]
  end
  return { words = words, distinct = distinct, top = json.array(top) }
end
