-- One call asks to be let in, and no other comes between.
--
-- KEYS: its token; the calls of its tenant in the last minute, by time; those under way, by the
--       time when they are given up, as they are when their process died.
-- ARGV: milliseconds for which the token is remembered; the time in seconds; an id of the call;
--       how many calls in a minute; how many at once; seconds until a call is given up.
-- Answers with one word, and the seconds to wait.
local token, recent, under_way = KEYS[1], KEYS[2], KEYS[3]
local life, now, call = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local per_minute, concurrency, lease = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

if not redis.call('SET', token, '', 'NX', 'PX', life) then
  return {'used', 0}
end

redis.call('ZREMRANGEBYSCORE', under_way, '-inf', now)
if redis.call('ZCARD', under_way) >= concurrency then
  return {'at-once', 1}
end

redis.call('ZREMRANGEBYSCORE', recent, '-inf', now - 60)
local made = redis.call('ZCARD', recent)
if made >= per_minute then
  -- once this many have left the minute, one more fits (a reload may have lowered it)
  local place = made - per_minute
  local frees = redis.call('ZRANGE', recent, place, place, 'WITHSCORES')[2]
  return {'in-a-minute', math.max(1, math.ceil(frees + 60 - now))}
end

redis.call('ZADD', recent, now, call)
redis.call('EXPIRE', recent, 60)
redis.call('ZADD', under_way, now + lease, call)
redis.call('EXPIRE', under_way, lease)
return {'admitted', 0}
