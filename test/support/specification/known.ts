// Where Belfry differs from the specification, and why. The test fails for a line that no longer holds.

/** Endpoints of the files that are not served: pattern of `METHOD /path` → reason. */
export const NOT_SERVED: Readonly<Record<string, string>> = {
  '/_matrix/media/v[13]/(upload|create|download|thumbnail|preview_url)': 'no media are kept',
  'GET /_matrix/client/v1/media/(download|thumbnail|preview_url)': 'no media are kept',
  '/_matrix/client/v3/room_keys/(keys|version/)': 'no key back-up',
  'POST /_matrix/client/v3/room_keys/version$': 'no key back-up',
  'POST /_matrix/client/v3/account/3pid(/bind|/unbind)?$': 'deprecated, or for an identity server',
  'POST /_matrix/client/v3/(account/password|register)/(email|msisdn)/requestToken':
    'passwords are not reset by mail, and accounts not made by it',
  'GET /_matrix/client/v3/(initialSync|events/)': 'deprecated',
  'GET /_matrix/client/v3/thirdparty/(protocol|location|user)\\b': 'no bridges',
}

/** Endpoints below `/_matrix` that the specification does not have: the same. */
export const OURS_ALONE: Readonly<Record<string, string>> = {
  '/_matrix/client/unstable/org\\.belfry/': 'pages behind the links of mails',
  '/unstable/org\\.matrix\\.msc4174/pushers/ack|/v3/pushers/ack': 'MSC4174',
  '/unstable/org\\.matrix\\.msc4173/pushers/push': 'MSC4173',
  '/pushrules/device/': 'device scopes, of the draft of 2015',
  '/pushrules/(\\{scope\\}(/?|/\\{kind\\}/?))?$':
    'the push rules of a scope or kind; a PUT or DELETE is refused',
  '^delete .*/pushrules/.*\\{attribute\\}$': 'refused',
  '(get|put) .*/state/\\{eventType\\}/?$': 'an empty state key may be left out',
  'get /_matrix/media/r0/config': 'the path of older versions',
  'get /_matrix/push/v1/notify': 'discovery of UnifiedPush',
}

/** Names of properties and parameters that the specification does not have → where they come from. */
export const EXTENSIONS: Readonly<Record<string, string>> = {}

type Accepted = { operation: string; difference: RegExp; reason: string }

const v3 = '/_matrix/client/v3'

export const ACCEPTED: readonly Accepted[] = [
  {
    operation: `POST ${v3}/account/deactivate`,
    difference: /^authentication/,
    reason: 'without a token nobody can show that an account is theirs: there is no reset by mail',
  },
  { operation: `POST ${v3}/account/password`, difference: /^authentication/, reason: 'the same' },
  {
    operation: `POST ${v3}/account/3pid/email/requestToken`,
    difference: /^authentication|^body\.\w+: not specified/,
    reason: 'a token may be sent; the body is that of the Identity Service API, which is not among the files',
  },
  {
    operation: `POST ${v3}/account/3pid/msisdn/requestToken`,
    difference: /^authentication/,
    reason: 'a token may be sent',
  },
  {
    operation: 'GET /_matrix/client/versions',
    difference: /^authentication/,
    reason: 'the versions are the same for everybody',
  },
  {
    operation: `POST ${v3}/join/{roomIdOrAlias}`,
    difference: /^query via/,
    reason: 'there are no other servers',
  },
  {
    operation: `POST ${v3}/knock/{roomIdOrAlias}`,
    difference: /^query via/,
    reason: 'there are no other servers',
  },
  {
    operation: `GET ${v3}/sync`,
    difference: /^query use_state_after/,
    reason: 'not there yet: the state is always that of the start of the timeline',
  },
]
