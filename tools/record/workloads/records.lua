-- SPDX-License-Identifier: Apache-2.0
-- Builds records, sorts them by several keys, writes them as JSON, reads that back and compares.
-- Nothing here depends on the order of pairs(): Lua seeds its hashes with addresses.

local seed = 42
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end

local kinds = { "valve", "pump", "sensor", "relay", "motor", "display" }

local function build(count)
  local records = {}
  for i = 1, count do
    local tags = {}
    for k = 1, random(4) do
      tags[k] = kinds[random(#kinds)] .. "-" .. random(1000)
    end
    records[i] = { id = i, kind = kinds[random(#kinds)], weight = random(100000) / 8, tags = tags }
  end
  return records
end

local fields = { "id", "kind", "tags", "weight" }

local function write(value)
  if type(value) == "string" then
    return string.format("%q", value)
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local out = {}
  if value.id then
    for _, field in ipairs(fields) do
      out[#out + 1] = write(field) .. ":" .. write(value[field])
    end
    return "{" .. table.concat(out, ",") .. "}"
  end
  for _, item in ipairs(value) do
    out[#out + 1] = write(item)
  end
  return "[" .. table.concat(out, ",") .. "]"
end

local read

local function read_list(text, at, close, item)
  local list = {}
  at = at + 1
  while text:sub(at, at) ~= close do
    at = item(list, at)
    if text:sub(at, at) == "," then
      at = at + 1
    end
  end
  return list, at + 1
end

function read(text, at)
  local c = text:sub(at, at)
  if c == "[" then
    return read_list(text, at, "]", function(list, here)
      local value, behind = read(text, here)
      list[#list + 1] = value
      return behind
    end)
  elseif c == "{" then
    return read_list(text, at, "}", function(list, here)
      local key, colon = read(text, here)
      local value, behind = read(text, colon + 1)
      list[key] = value
      return behind
    end)
  elseif c == '"' then
    local behind = text:find('"', at + 1, true)
    return text:sub(at + 1, behind - 1), behind + 1
  end
  local number = text:match("^[%d.]+", at)
  return tonumber(number), at + #number
end

local records = build(tonumber(arg[1]))
table.sort(records, function(a, b) return a.weight < b.weight end)
local text = write(records)
local again = read(text, 1)
assert(write(again) == text)
table.sort(again, function(a, b)
  if a.kind ~= b.kind then
    return a.kind < b.kind
  end
  return a.id < b.id
end)
for i = 2, #again do
  assert(again[i - 1].kind <= again[i].kind)
end
print(#records, #text)
