-- Each request pushes the next tag.
local file = io.open("MANIFEST", "rb")
local manifest = file:read("*a")
file:close()
-- wrk asks once before it begins, and sends nothing.
local last = FIRST - 1
wrk.headers["Content-Type"] = "MEDIA_TYPE"
request = function()
  last = last + 1
  return wrk.format("PUT", string.format("/v2/REPOSITORY/manifests/t%07d", last), nil, manifest)
end
