-- Each request is another user's.
local credentials = dofile("CREDENTIALS")
local next = 0
request = function()
  next = next % #credentials + 1
  return wrk.format("GET", nil, { Authorization = credentials[next] })
end
