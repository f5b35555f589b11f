-- Crashes now and then: as often as its payload says, {"crash": 0.01}.
function process_fragile(data)
    if math.random() < data.crash then
        local abort = package.loadlib and package.loadlib("libc.so.6", "abort")
        if abort then
            abort()
        end
        os.exit(134)
    end
    return true
end
