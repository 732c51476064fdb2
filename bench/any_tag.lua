-- Each request is for another tag, in no order.
request = function()
  return wrk.format("GET", string.format("PATH", math.random(COUNT)))
end
