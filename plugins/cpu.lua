-- cpu: keeps one processor busy, for measuring and trying out limits.
--   payload  {"ms": N}, milliseconds of processor time, 0 to 3,600,000; 10 without
--   result   {"burned_ms": N}

function process_cpu(data)
  local ms = type(data) == "table" and data.ms or 10
  if type(ms) ~= "number" or not (ms >= 0 and ms <= 3600000) then
    -- Another attempt cannot help: the payload stays what it is.
    error({ message = 'cpu: the payload is {"ms": N}, N from 0 to 3600000', retryable = false })
  end
  -- os.clock is the process's own processor time: a busy machine makes the task longer, not lighter.
  local began = os.clock()
  local finish = began + ms / 1000
  local x = 1
  while os.clock() < finish do
    for _ = 1, 1000 do
      x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    end
  end
  return { burned_ms = (os.clock() - began) * 1000 }
end
