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

/** Names of properties that the specification does not have → where they come from. */
export const EXTENSIONS: Readonly<Record<string, string>> = {
  instance_handle: 'the founding text',
  profile_tag: 'conditions of kind `device`, of the draft of 2015',
  device: 'device scopes, of the draft of 2015',
  activated: 'MSC4174',
  enabled: 'MSC3881',
  device_id: 'MSC3881',
  'org.matrix.msc3881.enabled': 'MSC3881',
  'org.matrix.msc3881.device_id': 'MSC3881',
  disable_badge_count: 'MSC4076',
  'org.matrix.msc4076.disable_badge_count': 'MSC4076',
  rule_kind: 'MSC3994',
  rule_id: 'MSC3994',
  'org.matrix.msc3994.rule_kind': 'MSC3994',
  'org.matrix.msc3994.rule_id': 'MSC3994',
  redacts: 'of redactions, whose schema is not that of all events (m.room.redaction)',
  'org.belfry.status': 'Belfry: how a pusher is doing',
  'org.belfry.hold_while_active_ms': 'Belfry: held while its user is active elsewhere',
}

type Accepted = { operation: RegExp; difference: RegExp; reason: string }

export const ACCEPTED: readonly Accepted[] = [
  {
    operation: /^POST .*\/account\/(deactivate|password)$/,
    difference: /^authentication/,
    reason: 'without a token nobody can show that an account is theirs: there is no reset by mail',
  },
  {
    operation: /^POST .*\/3pid\/(email|msisdn)\/requestToken$/,
    difference: /^authentication/,
    reason: 'a token may be sent',
  },
  {
    operation: /^POST .*\/3pid\/email\/requestToken$/,
    difference: /^body\.\w+: not specified/,
    reason: 'the body is that of the Identity Service API, which is not among the files',
  },
  {
    operation: /^POST .*\/3pid\/email\/requestToken$/,
    difference: /^status 403: never given/,
    reason: 'every address may be validated',
  },
  {
    operation: /^GET .*\/versions$/,
    difference: /^authentication/,
    reason: 'the versions are the same for everybody',
  },
  {
    operation: /^POST .*\/(join|knock)\/\{roomIdOrAlias\}$/,
    difference: /^query via/,
    reason: 'there are no other servers',
  },
  {
    operation: /^GET .*\/sync$/,
    difference: /^query use_state_after/,
    reason: 'not there yet: the state is always that of the start of the timeline',
  },
  {
    operation: /^GET .*\/devices(\/\{deviceId\})?$/,
    difference: /(display_name|last_seen_ip|last_seen_ts): null is not/,
    reason: 'some clients want every key to be there',
  },
  {
    operation: /^PUT .*\/devices\/\{deviceId\}$/,
    difference: /^status 201: never given/,
    reason: 'only application services make devices by it',
  },
  {
    operation: /^GET .*\/account\/whoami$/,
    difference: /^status 403: never given/,
    reason: 'only application services are refused by it',
  },
  {
    operation: /^GET .*\/filter\/\{filterId\}$/,
    difference: /: null is not/,
    reason: 'null is taken for absent, and a filter is given back as it was set',
  },
  {
    operation: /^GET .*\/login$/,
    difference: /^status 404: never given/,
    reason: 'there is a login with password',
  },
  {
    operation: /^GET .*\/notifications$/,
    difference: /profile_tag: null is not string/,
    reason: 'some clients want the key to be there',
  },
  {
    operation: /^GET .*\/profile\/\{userId\}(\/\{keyName\})?$/,
    difference: /^status 403: never given/,
    reason: 'profiles are shown to everybody',
  },
  {
    operation: /^POST .*\/pushers\/set$/,
    difference: /^status 201: not specified/,
    reason: 'MSC4174: the app has to confirm the pusher',
  },
  {
    operation: /^PUT .*\/pushrules\/global\/\{kind\}\/\{ruleId\}$/,
    difference: /^status 404: never given/,
    reason: 'a rule that is not there is made',
  },
  {
    operation: /^GET .*\/pushrules\/global\/\{kind\}\/\{ruleId\}\/(enabled|actions)$/,
    difference: /^answer\.(enabled|actions): /,
    reason: 'one route answers both attributes, each with its own key',
  },
  {
    operation: /^GET .*\/state\/\{eventType\}\/\{stateKey\}$/,
    difference: /^answer\.unsigned\.\w+: not specified/,
    reason: 'with format=event the whole event, as everywhere else',
  },
  {
    operation: /^GET .*\/voip\/turnServer$/,
    difference: /^answer\.(username|password|uris|ttl): required/,
    reason: 'there is no TURN server; other servers answer with an empty object too',
  },
]
