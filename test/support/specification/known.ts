// The accepted differences between Belfry and the specification, with reasons. The test fails for a line that
// no longer applies.

/** Specified endpoints that Belfry does not serve: pattern of `METHOD /path` → reason. */
export const NOT_SERVED: Readonly<Record<string, string>> = {
  'GET /_matrix/(media/v3|client/v1/media)/preview_url': 'the server fetches no pages of others',
  'POST /_matrix/client/v3/account/3pid(/bind|/unbind)?$': 'deprecated, or for an identity server',
  'POST /_matrix/client/v3/(account/password|register)/(email|msisdn)/requestToken':
    'mail neither resets passwords nor creates accounts',
  'GET /_matrix/client/v3/(initialSync|events/)': 'deprecated',
  'GET /_matrix/client/v3/thirdparty/(protocol|location|user)\\b': 'no bridges',
}

/** Endpoints of Belfry below `/_matrix` that the specification does not have: pattern → reason. */
export const OURS_ALONE: Readonly<Record<string, string>> = {
  '/_matrix/client/unstable/org\\.belfry/': 'pages that links in mails open',
  '/unstable/org\\.matrix\\.msc4174/pushers/ack|/v3/pushers/ack': 'MSC4174',
  '/unstable/org\\.matrix\\.msc4173/pushers/push': 'MSC4173',
  'post /_matrix/client/(v4|unstable/org\\.matrix\\.simplified_msc3575)/sync': 'MSC4186',
  '/unstable/org\\.matrix\\.msc3814\\.v1/dehydrated_device': 'MSC3814',
  '/pushrules/device/': 'device scopes, of the draft of 2015',
  '/pushrules/(\\{scope\\}(/?|/\\{kind\\}/?))?$':
    'the push rules of a scope or kind; PUT and DELETE are refused',
  '^delete .*/pushrules/.*\\{attribute\\}$': 'refused',
  '/unstable/im\\.nheko\\.summary/': 'MSC3266',
  '/unstable/uk\\.tcpip\\.msc4133/profile/': 'MSC4133',
  '(get|put) .*/state/\\{eventType\\}/?$': 'an empty state key may be omitted',
  '/_matrix/media/r0/(config|upload|download|thumbnail)': 'the path of older versions',
  'get /_matrix/push/v1/notify': 'discovery of UnifiedPush',
}

/** Properties that the specification does not have → their source. */
export const EXTENSIONS: Readonly<Record<string, string>> = {
  device_unused_fallback_key_types: 'the text of the module "End-to-End Encryption", not the file of `/sync`',
  'm.relations': 'the text of "Aggregations of child events", not the schema of events',
  postcontent: 'MSC4306',
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
  redacts: 'a key of redactions, which the schema of all events lacks (m.room.redaction)',
  'org.belfry.status': 'Belfry: the delivery status of a pusher',
  'org.belfry.digest': 'Belfry: a push rule sums up the events that it has held back',
  'org.belfry.until': 'Belfry: the end of a push rule',
  'org.belfry.hold_while_active_ms': 'Belfry: holds pokes while the user is active on another device',
}

type Accepted = { operation: RegExp; difference: RegExp; reason: string }

export const ACCEPTED: readonly Accepted[] = [
  {
    operation: /^POST .*\/account\/(deactivate|password)$/,
    difference: /^authentication/,
    reason: 'a token is the only proof of ownership of an account: there is no reset by mail',
  },
  {
    operation: /^POST .*\/3pid\/(email|msisdn)\/requestToken$/,
    difference: /^authentication/,
    reason: 'sending a token is optional',
  },
  {
    operation: /^POST .*\/3pid\/email\/requestToken$/,
    difference: /^body\.\w+: not specified/,
    reason: 'the Identity Service API defines the body, and is not among the files',
  },
  {
    operation: /^POST .*\/3pid\/email\/requestToken$/,
    difference: /^status 403: never returned/,
    reason: 'every address can be validated',
  },
  {
    operation: /^GET .*\/versions$/,
    difference: /^authentication/,
    reason: 'the versions are the same for all users',
  },
  {
    operation: /^POST .*\/(join|knock)\/\{roomIdOrAlias\}$/,
    difference: /^query via/,
    reason: 'the server does not federate',
  },
  {
    operation: /^GET .*\/room_summary\/\{roomIdOrAlias\}$/,
    difference: /^query via/,
    reason: 'the server does not federate',
  },
  {
    operation: /^GET .*\/publicRooms$/,
    difference: /^authentication/,
    reason: 'the list is for the users of the server',
  },
  {
    operation: /^GET .*\/sync$/,
    difference: /^query org\.matrix\.msc4222\.use_state_after: not specified/,
    reason: 'matrix-js-sdk 43 still sends use_state_after under its earlier name',
  },
  {
    operation: /^GET .*\/devices(\/\{deviceId\})?$/,
    difference: /(display_name|last_seen_ip|last_seen_ts): null is not/,
    reason: 'some clients require every key',
  },
  {
    operation: /^PUT .*\/devices\/\{deviceId\}$/,
    difference: /^status 201: never returned/,
    reason: 'only application services create devices with it',
  },
  {
    operation: /^GET .*\/sync$/,
    difference: /^response\.presence\.events\[\]\.sender: not specified/,
    reason: 'the definition of m.presence requires the sender',
  },
  {
    operation: /^GET .*\/account\/whoami$/,
    difference: /^status 403: never returned/,
    reason: 'it refuses only application services',
  },
  {
    operation: /^GET .*\/filter\/\{filterId\}$/,
    difference: /: null is not/,
    reason: 'null counts as absent, and the response contains the filter as it was stored',
  },
  {
    operation: /^GET .*\/login$/,
    difference: /^status 404: never returned/,
    reason: 'login with a password is always available',
  },
  {
    operation: /^GET .*\/notifications$/,
    difference: /profile_tag: null is not string/,
    reason: 'some clients require the key',
  },
  {
    operation: /^GET .*\/profile\/\{userId\}(\/\{keyName\})?$/,
    difference: /^status 403: never returned/,
    reason: 'profiles are public',
  },
  {
    operation: /^POST .*\/pushers\/set$/,
    difference: /^status 201: not specified/,
    reason: 'MSC4174: the app has to confirm the pusher',
  },
  {
    operation: /^PUT .*\/pushrules\/global\/\{kind\}\/\{ruleId\}$/,
    difference: /^status 404: never returned/,
    reason: 'a missing rule is created',
  },
  {
    operation: /^GET .*\/pushrules\/global\/\{kind\}\/\{ruleId\}\/(enabled|actions)$/,
    difference: /^response\.(enabled|actions): /,
    reason: 'one route serves both attributes, each with its own key',
  },
  {
    operation: /^GET .*\/state\/\{eventType\}\/\{stateKey\}$/,
    difference: /^response\.unsigned\.\w+: not specified/,
    reason: 'with format=event the response is a complete event',
  },
  {
    operation: /^GET .*\/media\/(v3\/)?(download|thumbnail)\//,
    difference: /^status (307|308): never returned/,
    reason: 'no download is redirected',
  },
  {
    operation: /^GET .*\/media\/(v3\/)?(download|thumbnail)\//,
    difference: /^status 502: never returned/,
    reason: 'only content from another server can be too large, and this server does not federate',
  },
  {
    operation: /^(POST|PUT) .*\/media\/v3\/upload/,
    difference: /^status 408: not specified/,
    reason: 'an upload has a time limit',
  },
  {
    operation: /^GET .*\/voip\/turnServer$/,
    difference: /^response\.(username|password|uris|ttl): required/,
    reason: 'there is no TURN server; other servers respond with an empty object too',
  },
]
