import { z } from 'zod'
import { count, flagOn, setting } from './setting.ts'

/** Rates of requests, and of single actions. */
export const rateLimitsSchema = z.strictObject({
  enabled: setting(flagOn, {
    about:
      'Enforce rate limits. `false` turns all of them off (tests, benchmarks, behind a proxy with its own limits).',
  }),
  requests_per_second_per_user: setting(count(50), { about: 'Requests of one user, sustained rate.' }),
  request_burst_per_user: setting(count(500), { about: 'Requests of one user in a burst.' }),
  messages_per_second_per_user: setting(count(20), { about: 'Events sent by one user, sustained rate.' }),
  message_burst_per_user: setting(count(200), { about: 'Events sent by one user in a burst.' }),
  requests_per_second_per_address: setting(count(500), {
    about: 'Requests from one address, sustained rate. An IPv6 /64 counts as one address.',
  }),
  request_burst_per_address: setting(count(5000), {
    about: 'Requests from one address in a burst.',
  }),
  pushes_per_second_per_address: setting(count(2000), {
    about: 'Devices in notifications to the push gateway endpoint from one address, sustained rate.',
  }),
  push_burst_per_address: setting(count(20_000), {
    about: 'Devices in notifications to the push gateway endpoint from one address, in a burst.',
  }),
  pushes_per_second_per_device: setting(count(20), {
    about:
      'Notifications for one device at the push gateway, sustained rate. Further notifications stay queued.',
  }),
  push_burst_per_device: setting(count(200), {
    about: 'Notifications for one device at the push gateway in a burst.',
  }),
  test_pushes_per_minute_per_user: setting(count(20), {
    about: 'Test pokes of one user. The burst has the same size.',
  }),
  email_tokens_per_minute_per_address: setting(count(10), {
    about:
      'Requests from one address for mail with a token, and visits to its link. The burst has the same size.',
  }),
  presence_changes_per_minute_per_user: setting(count(60), {
    about: 'Changes of the own presence by one user. The burst has the same size.',
  }),
  email_tokens_per_hour_per_recipient_and_address: setting(count(5), {
    about:
      'Mails with a token to one e-mail address, requested from one address. The burst has the same size.',
  }),
  email_tokens_per_hour_per_recipient: setting(count(30), {
    about:
      'Mails with a token to one e-mail address, requested from all addresses together. The burst has the same size.',
  }),
  login_attempts_per_minute_per_account_and_address: setting(count(10), {
    about:
      'Wrong passwords for one account from one address. The burst has the same size. They do not count against other addresses. Behind a proxy set `trust_proxy`.',
  }),
  login_attempts_per_minute_per_account: setting(count(30), {
    about:
      'Wrong passwords for one account from all addresses together. The burst has the same size. Further attempts wait for at most 10 s, except from addresses where a device of the account was last used.',
  }),
  login_attempts_per_minute_per_address: setting(count(120), {
    about: 'Logins from one address. The burst has the same size.',
  }),
  registrations_per_minute_per_address: setting(count(200), {
    about: 'Registrations from one address. The burst has the same size.',
  }),
})
