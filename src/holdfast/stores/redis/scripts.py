"""Scripts that Redis runs atomically. Each script accesses only the keys it is given.

For each cell, an owner's hash has `v<name>` (version), `d<name>` (data), `l<name>` (token of the process with the
lease, and the millisecond at which the lease ends), and `w<name>` (a process waits for the lease). It also has `n`
(number of cells) and `e` (expiry). A sorted set has the expiries of all owners, for `EXPECT` and `FORGET`.
"""

from __future__ import annotations

_NOW = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
"""

READ = """
-- ARGV: for each cell the index of its key, its name, the version that the caller has
local out = {}
for i = 1, #ARGV, 3 do
  local key, name = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
  local version = redis.call('HGET', key, 'v' .. name)
  if not version then
    out[#out + 1] = false
  elseif version == ARGV[i + 2] then
    out[#out + 1] = { version }
  else
    out[#out + 1] = { version, redis.call('HGET', key, 'd' .. name) }
  end
end
return out
"""

COMMIT = """
-- ARGV: channel, number of claims, for each cell: key index, name, token;
--       for each write: key index, name, expected or '', version, '1' or '' for a deletion, data, message or '',
--       the owner's expiry, or ''
-- Returns the key index and the expiry of each owner that already had a different expiry.
local at = 3
for _ = 1, tonumber(ARGV[2]) do
  local held = redis.call('HGET', KEYS[tonumber(ARGV[at])], 'l' .. ARGV[at + 1])
  if not held or string.match(held, '^%d+') ~= ARGV[at + 2] then
    return { 'fenced', ARGV[at], ARGV[at + 1], redis.call('EXISTS', KEYS[tonumber(ARGV[at])]) }
  end
  at = at + 3
end
for i = at, #ARGV, 8 do
  if ARGV[i + 2] ~= '' then
    local version = redis.call('HGET', KEYS[tonumber(ARGV[i])], 'v' .. ARGV[i + 1]) or '0'
    if version ~= ARGV[i + 2] then
      return { 'conflict', ARGV[i], ARGV[i + 1], ARGV[i + 2], version }
    end
  end
end
local out = { 'ok' }
for i = at, #ARGV, 8 do
  local key, name = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
  if ARGV[i + 4] == '1' then
    if redis.call('HSET', key, 'v' .. name, ARGV[i + 3], 'd' .. name, ARGV[i + 5]) == 2 then
      redis.call('HINCRBY', key, 'n', 1)
      redis.call('PERSIST', key)
    end
    if ARGV[i + 7] ~= '' and redis.call('HSETNX', key, 'e', ARGV[i + 7]) == 0 then
      local said = redis.call('HGET', key, 'e')
      if said ~= ARGV[i + 7] then
        out[#out + 1] = { ARGV[i], said }
      end
    end
  elseif redis.call('HDEL', key, 'v' .. name, 'd' .. name) == 2 then
    if redis.call('HINCRBY', key, 'n', -1) <= 0 then
      redis.call('HDEL', key, 'n', 'e')
      redis.call('PEXPIRE', key, 60000)
    end
  end
end
-- After the writes, because Redis cannot roll back: a refused message must not leave half of a commit.
for i = at, #ARGV, 8 do
  if ARGV[i + 6] ~= '' then
    redis.call('PUBLISH', ARGV[1], ARGV[i + 6])
  end
end
return out
"""

CLAIM = (
    _NOW
    + """
-- ARGV: token, milliseconds, channel of wanted leases, owner; for each cell its name, the version that the caller has
for i = 5, #ARGV, 2 do
  local held = redis.call('HGET', KEYS[1], 'l' .. ARGV[i])
  if held then
    local token, til = string.match(held, '^(%d+) (%d+)')
    if token ~= ARGV[1] and tonumber(til) > now then
      redis.call('HSET', KEYS[1], 'w' .. ARGV[i], '1')
      redis.call('PUBLISH', ARGV[3], ARGV[4])
      return { 'busy', tonumber(til) - now }
    end
  end
end
local out = { 'ok' }
for i = 5, #ARGV, 2 do
  redis.call('HSET', KEYS[1], 'l' .. ARGV[i], ARGV[1] .. ' ' .. string.format('%d', now + ARGV[2]))
  local version = redis.call('HGET', KEYS[1], 'v' .. ARGV[i])
  if not version then
    out[#out + 1] = false
  elseif version == ARGV[i + 1] then
    out[#out + 1] = { version }
  else
    out[#out + 1] = { version, redis.call('HGET', KEYS[1], 'd' .. ARGV[i]) }
  end
end
if not redis.call('HGET', KEYS[1], 'n') then
  redis.call('PEXPIRE', KEYS[1], ARGV[2] * 4)
end
return out
"""
)

RENEW = (
    _NOW
    + """
-- ARGV: token, milliseconds, names
local out = {}
for i = 3, #ARGV do
  local held = redis.call('HGET', KEYS[1], 'l' .. ARGV[i])
  if held and string.match(held, '^%d+') == ARGV[1] then
    redis.call('HSET', KEYS[1], 'l' .. ARGV[i], ARGV[1] .. ' ' .. string.format('%d', now + ARGV[2]))
    out[#out + 1] = 1
  else
    out[#out + 1] = 0
  end
end
if not redis.call('HGET', KEYS[1], 'n') then
  redis.call('PEXPIRE', KEYS[1], ARGV[2] * 4)
end
return out
"""
)

RELEASE = """
-- ARGV: channel, message, token, names
local woken = false
for i = 4, #ARGV do
  local held = redis.call('HGET', KEYS[1], 'l' .. ARGV[i])
  if held and string.match(held, '^%d+') == ARGV[3] then
    redis.call('HDEL', KEYS[1], 'l' .. ARGV[i])
    if redis.call('HDEL', KEYS[1], 'w' .. ARGV[i]) == 1 then
      woken = true
    end
  end
end
if woken then
  redis.call('PUBLISH', ARGV[1], ARGV[2])
end
"""

TOUCH = """
-- ARGV: time or ''
if not redis.call('HGET', KEYS[1], 'n') then
  return 0
end
if ARGV[1] == '' then
  redis.call('HDEL', KEYS[1], 'e')
else
  redis.call('HSET', KEYS[1], 'e', ARGV[1])
end
return 1
"""

DROP = """
-- ARGV: the current time, or '' to ignore the expiry; channel of wanted leases, owner
local expires = redis.call('HGET', KEYS[1], 'e')
if ARGV[1] ~= '' then
  if not expires then
    return { 'gone' }
  end
  if tonumber(expires) > tonumber(ARGV[1]) then
    return { 'later', expires }
  end
end
local out = { 'dropped' }
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local kind = string.sub(fields[i], 1, 1)
  if kind == 'v' then
    local name = string.sub(fields[i], 2)
    out[#out + 1] = { name, fields[i + 1], redis.call('HGET', KEYS[1], 'd' .. name) }
    redis.call('HDEL', KEYS[1], fields[i], 'd' .. name)
  end
end
redis.call('HDEL', KEYS[1], 'n', 'e')
redis.call('PEXPIRE', KEYS[1], 60000)
redis.call('PUBLISH', ARGV[2], ARGV[3])
return out
"""

EXPECT = """
-- Adds expiries of owners, or increases them.
-- ARGV: for each owner its name, the expiry
for i = 1, #ARGV, 2 do
  local when = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if not when or tonumber(when) < tonumber(ARGV[i + 1]) then
    redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i])
  end
end
"""

FORGET = """
-- Removes the expiry of an owner that had expired, unless it was changed in the meantime.
-- ARGV: owner, the time by which it had expired
local when = redis.call('ZSCORE', KEYS[1], ARGV[1])
if when and tonumber(when) <= tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
end
"""

PRESENT = (
    _NOW
    + """
-- ARGV: token, milliseconds without a sign of life after which a process counts as ended
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 2)
return redis.call('ZCARD', KEYS[1])
"""
)

INFO = """
local cells, size = 0, 0
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 1) == 'd' then
    cells = cells + 1
    size = size + redis.call('HSTRLEN', KEYS[1], field)
  end
end
return { cells, size, redis.call('HGET', KEYS[1], 'e') or '' }
"""
