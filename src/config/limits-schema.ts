import { z } from 'zod'
import { mediaQuotas } from './media-schema.ts'
import { count, flagOn, setting } from './setting.ts'

/** The limits of requests in time, bytes and number, by user, by address and in sum. */
export const limitsSchema = z.strictObject({
  body_bytes: setting(count(65_536, { min: 1024, max: 16_777_216 }), {
    about: 'Largest request body, in bytes, for endpoints without a specific limit.',
  }),
  key_body_bytes: setting(count(1_048_576, { min: 1024, max: 16_777_216 }), {
    about:
      'The same for `sendToDevice` and for uploads to the key backup. Clients send the keys for hundreds of devices, or of hundreds of sessions, in one request.',
  }),
  device_message_bytes: setting(count(65_536, { min: 1024, max: 1_048_576 }), {
    about: 'Largest content of one to-device message, in bytes.',
  }),
  header_timeout_ms: setting(count(10_000, { max: 3_600_000 }), {
    about: 'Time limit for receiving the headers of a request, in milliseconds.',
  }),
  body_timeout_ms: setting(count(30_000, { max: 3_600_000 }), {
    about:
      'Time limit for receiving the body of a request after its headers, in milliseconds. For a streamed body, the longest time between two chunks.',
  }),
  sync_timeout_max_ms: setting(count(50_000, { min: 0, max: 3_600_000 }), {
    about:
      'Longest wait of a long poll, in milliseconds; a longer timeout of the client is cut to it. Keep it below the timeout of a reverse proxy (nginx: 60 s).',
  }),
  read_timeout_ms: setting(count(30_000, { max: 3_600_000 }), {
    about:
      'Time after which a connection is closed when the client reads nothing of a response, in milliseconds. A response is written in pieces of 64 KiB.',
  }),
  page_bytes: setting(count(1_048_576, { min: 1024, max: 16_777_216 }), {
    about:
      'Bytes of events in one page: `/messages`, `/context`, `/notifications`, and the timeline of each room in `/sync`. A page has at least one event; the other events are on the next page.',
  }),
  connections: setting(count(20_000), {
    about: 'Connections open at the same time. A connection above the limit gets 429 and is closed.',
  }),
  connections_per_address: setting(count(10_000), {
    about:
      'The same for one address. It has no effect with `trust_proxy`. An IPv6 /64 counts as one address, here and in all limits by address.',
  }),
  requests_in_flight: setting(count(20_000), {
    about: 'Requests in progress at the same time, including waiting long polls.',
  }),
  requests_in_flight_per_address: setting(count(10_000), {
    about:
      'The same from one address. A proxy in front of the server is one address unless `trust_proxy` is on.',
  }),
  requests_in_flight_per_user: setting(count(256), {
    about: 'The same for one user, over all devices.',
  }),
  body_bytes_in_flight: setting(count(67_108_864, { min: 1024 }), {
    about: 'Bytes of request bodies in memory at the same time, both incomplete and complete ones.',
  }),
  body_bytes_in_flight_per_address: setting(count(16_777_216, { min: 1024 }), {
    about:
      'The same from one address. Two bodies of `limits.body_bytes` always fit; a call of the push gateway may have 512 KiB.',
  }),
  unread_answer_bytes: setting(count(134_217_728, { min: 1024 }), {
    about:
      'Bytes of responses in memory that clients have not read yet. Above the limit, responses that are not being read are dropped first; then new large ones are refused with 429.',
  }),
  unread_answer_bytes_per_address: setting(count(67_108_864, { min: 1024 }), {
    about: 'The same for one address.',
  }),
  unread_answer_bytes_per_user: setting(count(33_554_432, { min: 1024 }), {
    about: 'The same for one user. A single response of any size is always allowed.',
  }),
  query_token: setting(flagOn, {
    about:
      'Accept the access token as `?access_token=` too. Old clients send it only this way. Proxies often log it.',
  }),
})

/**
 * The limits of stored data for one user or one room. Data that already exceeds a quota stays, and may be
 * read and made smaller.
 */
export const quotasSchema = z.strictObject({
  account_data_bytes: setting(count(4_194_304, { min: 1024 }), {
    about: 'Bytes of account data of one user, including that of rooms.',
  }),
  account_data_entries: setting(count(5000), {
    about: 'Entries of account data of one user, including those of rooms.',
  }),
  filters: setting(count(1000), { about: 'Stored filters of one user.' }),
  filter_bytes: setting(count(1_048_576, { min: 1024 }), { about: 'Bytes of stored filters of one user.' }),
  devices: setting(count(1000), { about: 'Devices of one user.' }),
  one_time_keys: setting(count(1000), { about: 'One-time keys of one device that are not claimed yet.' }),
  key_bytes: setting(count(8_388_608, { min: 1024 }), {
    about: 'Bytes of the encryption keys of all devices of one user.',
  }),
  device_messages: setting(count(1000), {
    about:
      'To-device messages from one user that wait for one device. Above the limit, the oldest ones are deleted: the device has not synced for a long time.',
  }),
  device_messages_bytes: setting(count(2_097_152, { min: 1024 }), {
    about: 'The same in bytes of type and content. The newest message is always stored.',
  }),
  key_backups: setting(count(100), { about: 'Versions of the key backup of one user.' }),
  key_backup_keys: setting(count(200_000), {
    about: 'Keys of one user in all versions of the key backup.',
  }),
  key_backup_bytes: setting(count(268_435_456, { min: 1024 }), {
    about: 'Bytes of these keys, with the ids of their rooms and sessions.',
  }),
  sliding_connections: setting(count(20), {
    about:
      'Connections of sliding sync of one device whose state is stored. Above the limit, the least recently written one is deleted, and its client starts again.',
  }),
  sliding_rooms: setting(count(10_000), {
    about: 'Rooms of one such connection. Further rooms of its lists are not sent.',
  }),
  rooms_joined: setting(count(5000), { about: 'Rooms that one user may have joined.' }),
  rooms_created: setting(count(5000), { about: 'Rooms that one user may have created in total.' }),
  invitations_to_one_user: setting(count(200), {
    about: 'Unanswered invitations from one user to another.',
  }),
  thread_subscriptions: setting(count(10_000), {
    about:
      'Threads of one user with a subscription, or with an earlier one (`experimental.thread_subscriptions`).',
  }),
  aliases: setting(count(1000), { about: 'Room aliases that one user may have created.' }),
  reports: setting(count(100), {
    about:
      'Reports of one user about events, rooms and users that the operator has not closed (`belfry report`). Each has at most 4,096 characters, and a copy of a reported event.',
  }),
  room_state_events: setting(count(10_000), {
    about: 'State events of one room, without members: pairs of a type and a state key.',
  }),
  room_state_bytes: setting(count(4_194_304, { min: 1024 }), {
    about:
      'Bytes of the contents of these state events. The basic state of a room (power levels, join rules, name …) can always be set.',
  }),
  ...mediaQuotas,
})

export type Quotas = z.output<typeof quotasSchema>
