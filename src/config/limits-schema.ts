import { z } from 'zod'
import { count, flagOn, setting } from './setting.ts'

/** What requests may cost: time, bytes and places, by user, by address and in sum. */
export const limitsSchema = z.strictObject({
  body_bytes: setting(count(65_536, { min: 1024, max: 16_777_216 }), {
    about: 'Largest request body, in bytes, where an endpoint has no limit of its own.',
  }),
  header_timeout_ms: setting(count(10_000, { max: 3_600_000 }), {
    about: 'Time for the headers of a request to arrive, in milliseconds.',
  }),
  body_timeout_ms: setting(count(30_000, { max: 3_600_000 }), {
    about: 'Time for the body of a request to arrive after its headers, in milliseconds.',
  }),
  sync_timeout_max_ms: setting(count(50_000, { min: 0, max: 3_600_000 }), {
    about:
      'Longest wait of a long poll, in milliseconds, whatever the client asks for. Keep it below the time after which a reverse proxy gives up; nginx waits for 60 s.',
  }),
  read_timeout_ms: setting(count(30_000, { max: 3_600_000 }), {
    about:
      'How long a client may read nothing of an answer, in milliseconds. Then its connection is closed. An answer is written in pieces of 64 KiB.',
  }),
  page_bytes: setting(count(1_048_576, { min: 1024, max: 16_777_216 }), {
    about:
      'Bytes of events in one page: `/messages`, `/context`, `/notifications`, and the timeline of each room in `/sync`. A page has at least one event; the rest is on the next.',
  }),
  connections: setting(count(20_000), {
    about: 'Connections open at the same time. One that is too many is told 429 and closed.',
  }),
  connections_per_address: setting(count(10_000), {
    about:
      'The same for one address. With `trust_proxy` it does not count. An IPv6 /64 counts as one address, here and in all limits by address.',
  }),
  requests_in_flight: setting(count(20_000), {
    about: 'Requests being served at the same time, waiting long polls included.',
  }),
  requests_in_flight_per_address: setting(count(10_000), {
    about:
      'The same from one address. A proxy in front of the server is one address unless `trust_proxy` is on.',
  }),
  requests_in_flight_per_user: setting(count(256), {
    about: 'The same of one user, on all devices together.',
  }),
  body_bytes_in_flight: setting(count(67_108_864, { min: 1024 }), {
    about:
      'Bytes of request bodies in memory at the same time: those that are arriving and those being served.',
  }),
  body_bytes_in_flight_per_address: setting(count(16_777_216, { min: 1024 }), {
    about:
      'The same from one address. Two bodies of `limits.body_bytes` always fit; a call of the push gateway may have 512 KiB.',
  }),
  unread_answer_bytes: setting(count(134_217_728, { min: 1024 }), {
    about:
      'Bytes of answers in memory that clients have yet to read. When they are too many, answers that are not being read give way, and after that new large ones are refused with 429.',
  }),
  unread_answer_bytes_per_address: setting(count(67_108_864, { min: 1024 }), {
    about: 'The same for one address.',
  }),
  unread_answer_bytes_per_user: setting(count(33_554_432, { min: 1024 }), {
    about: 'The same for one user. One answer always fits, however large.',
  }),
  query_token: setting(flagOn, {
    about:
      'Accept the access token as `?access_token=` too. Old clients send nothing else; proxies tend to log it.',
  }),
})

/** What one user, or one room, may keep. What is there already beyond a quota stays, and may be read and made smaller. */
export const quotasSchema = z.strictObject({
  account_data_bytes: setting(count(4_194_304, { min: 1024 }), {
    about: 'Bytes of account data of one user, that of rooms included.',
  }),
  account_data_entries: setting(count(5000), {
    about: 'Pieces of account data of one user, that of rooms included.',
  }),
  filters: setting(count(1000), { about: 'Stored filters of one user.' }),
  filter_bytes: setting(count(1_048_576, { min: 1024 }), { about: 'Bytes of stored filters of one user.' }),
  devices: setting(count(1000), { about: 'Devices of one user.' }),
  rooms_joined: setting(count(5000), { about: 'Rooms that one user may be in.' }),
  rooms_created: setting(count(5000), { about: 'Rooms that one user may have created, in all.' }),
  invitations_to_one_user: setting(count(200), {
    about: 'Invitations of one user to another that wait for an answer.',
  }),
  aliases: setting(count(1000), { about: 'Room aliases that one user may have made.' }),
  room_state_events: setting(count(10_000), {
    about: 'State events of one room, without members: pairs of a type and a state key.',
  }),
  room_state_bytes: setting(count(4_194_304, { min: 1024 }), {
    about:
      'Bytes of the contents of these state events. What a room is governed by (power levels, join rules, name …) can always be set.',
  }),
})

export type Quotas = z.output<typeof quotasSchema>
