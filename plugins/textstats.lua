-- textstats: the measures of a text.
--   payload  {"path": FILE}
--   result   {"bytes": N, "lines": N, "longest_line": N, "sentences": N, "words": N, "letters_per_word": X, "words_per_sentence": X}

local function rounded(x)
  return math.floor(x * 100 + 0.5) / 100
end

function process_textstats(data)
  if type(data.path) ~= "string" then
    error({ message = "the payload needs a path", retryable = false })
  end
  local file, problem = io.open(data.path, "rb")
  if not file then
    error({ message = "cannot read " .. problem, retryable = false })
  end

  local bytes, lines, longest, sentences, words, letters = 0, 0, 0, 0, 0, 0
  for line in file:lines("L") do
    bytes = bytes + #line
    lines = lines + 1
    longest = math.max(longest, #line:gsub("[\r\n]+$", ""))
    for word in line:gmatch("%a+") do
      words = words + 1
      letters = letters + #word
    end
    local _, ends = line:gsub("[%.%?!]%f[%s\0]", "")
    sentences = sentences + ends
  end
  file:close()
  return {
    bytes = bytes,
    lines = lines,
    longest_line = longest,
    sentences = sentences,
    words = words,
    letters_per_word = words > 0 and rounded(letters / words) or 0,
    words_per_sentence = sentences > 0 and rounded(words / sentences) or 0,
  }
end
