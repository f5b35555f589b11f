-- greet: greets whom the payload names. Payload {"name": "Ada"}, result {"text": "Hello, Ada"}.

function process_greet(data)
  if type(data) ~= "table" or type(data.name) ~= "string" then
    -- Another attempt cannot help: the payload stays what it is.
    error({ message = 'the payload needs a "name"', retryable = false })
  end
  progress(0.5, "greeting " .. data.name)
  log("greeting " .. data.name)
  return { text = "Hello, " .. data.name }
end
