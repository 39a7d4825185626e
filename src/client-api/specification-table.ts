/**
 * The endpoints of the client-server API by the version of the specification that introduced them, in order.
 * The methods and the path are as in the specification; an endpoint of version 0.6.1 or earlier is in the
 * first row. `GET /versions` itself is left out.
 */
export const INTRODUCED: Readonly<Record<string, string>> = {
  'r0.6.1': `
    GET /.well-known/matrix/client
    GET,POST /_matrix/client/v3/account/3pid
    POST /_matrix/client/v3/account/3pid/add
    POST /_matrix/client/v3/account/3pid/bind
    POST /_matrix/client/v3/account/3pid/delete
    POST /_matrix/client/v3/account/3pid/email/requestToken
    POST /_matrix/client/v3/account/3pid/msisdn/requestToken
    POST /_matrix/client/v3/account/3pid/unbind
    POST /_matrix/client/v3/account/deactivate
    POST /_matrix/client/v3/account/password
    POST /_matrix/client/v3/account/password/email/requestToken
    POST /_matrix/client/v3/account/password/msisdn/requestToken
    GET /_matrix/client/v3/account/whoami
    GET /_matrix/client/v3/admin/whois/{userId}
    GET /_matrix/client/v3/capabilities
    POST /_matrix/client/v3/createRoom
    POST /_matrix/client/v3/delete_devices
    GET /_matrix/client/v3/devices
    DELETE,GET,PUT /_matrix/client/v3/devices/{deviceId}
    PUT /_matrix/client/v3/directory/list/appservice/{networkId}/{roomId}
    GET,PUT /_matrix/client/v3/directory/list/room/{roomId}
    DELETE,GET,PUT /_matrix/client/v3/directory/room/{roomAlias}
    GET /_matrix/client/v3/events
    GET /_matrix/client/v3/events/{eventId}
    GET /_matrix/client/v3/initialSync
    POST /_matrix/client/v3/join/{roomIdOrAlias}
    GET /_matrix/client/v3/joined_rooms
    GET /_matrix/client/v3/keys/changes
    POST /_matrix/client/v3/keys/claim
    POST /_matrix/client/v3/keys/query
    POST /_matrix/client/v3/keys/upload
    GET,POST /_matrix/client/v3/login
    POST /_matrix/client/v3/logout
    POST /_matrix/client/v3/logout/all
    GET /_matrix/client/v3/notifications
    GET,PUT /_matrix/client/v3/presence/{userId}/status
    GET /_matrix/client/v3/profile/{userId}
    GET,PUT /_matrix/client/v3/profile/{userId}/{keyName}
    GET,POST /_matrix/client/v3/publicRooms
    GET /_matrix/client/v3/pushers
    POST /_matrix/client/v3/pushers/set
    GET /_matrix/client/v3/pushrules/
    GET /_matrix/client/v3/pushrules/global/
    DELETE,GET,PUT /_matrix/client/v3/pushrules/global/{kind}/{ruleId}
    GET,PUT /_matrix/client/v3/pushrules/global/{kind}/{ruleId}/actions
    GET,PUT /_matrix/client/v3/pushrules/global/{kind}/{ruleId}/enabled
    POST /_matrix/client/v3/register
    GET /_matrix/client/v3/register/available
    POST /_matrix/client/v3/register/email/requestToken
    POST /_matrix/client/v3/register/msisdn/requestToken
    GET /_matrix/client/v3/rooms/{roomId}/aliases
    POST /_matrix/client/v3/rooms/{roomId}/ban
    GET /_matrix/client/v3/rooms/{roomId}/context/{eventId}
    GET /_matrix/client/v3/rooms/{roomId}/event/{eventId}
    POST /_matrix/client/v3/rooms/{roomId}/forget
    GET /_matrix/client/v3/rooms/{roomId}/initialSync
    POST /_matrix/client/v3/rooms/{roomId}/invite
    POST /_matrix/client/v3/rooms/{roomId}/join
    GET /_matrix/client/v3/rooms/{roomId}/joined_members
    POST /_matrix/client/v3/rooms/{roomId}/kick
    POST /_matrix/client/v3/rooms/{roomId}/leave
    GET /_matrix/client/v3/rooms/{roomId}/members
    GET /_matrix/client/v3/rooms/{roomId}/messages
    POST /_matrix/client/v3/rooms/{roomId}/read_markers
    POST /_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}
    PUT /_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}
    POST /_matrix/client/v3/rooms/{roomId}/report/{eventId}
    PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}
    GET /_matrix/client/v3/rooms/{roomId}/state
    GET,PUT /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}
    PUT /_matrix/client/v3/rooms/{roomId}/typing/{userId}
    POST /_matrix/client/v3/rooms/{roomId}/unban
    POST /_matrix/client/v3/rooms/{roomId}/upgrade
    POST /_matrix/client/v3/search
    PUT /_matrix/client/v3/sendToDevice/{eventType}/{txnId}
    GET /_matrix/client/v3/sync
    GET /_matrix/client/v3/thirdparty/location
    GET /_matrix/client/v3/thirdparty/location/{protocol}
    GET /_matrix/client/v3/thirdparty/protocol/{protocol}
    GET /_matrix/client/v3/thirdparty/protocols
    GET /_matrix/client/v3/thirdparty/user
    GET /_matrix/client/v3/thirdparty/user/{protocol}
    GET,PUT /_matrix/client/v3/user/{userId}/account_data/{type}
    POST /_matrix/client/v3/user/{userId}/filter
    GET /_matrix/client/v3/user/{userId}/filter/{filterId}
    POST /_matrix/client/v3/user/{userId}/openid/request_token
    GET,PUT /_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}
    GET /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags
    DELETE,PUT /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}
    POST /_matrix/client/v3/user_directory/search
    GET /_matrix/client/v3/voip/turnServer
    GET /_matrix/media/v3/config
    GET /_matrix/media/v3/download/{serverName}/{mediaId}
    GET /_matrix/media/v3/download/{serverName}/{mediaId}/{fileName}
    GET /_matrix/media/v3/preview_url
    GET /_matrix/media/v3/thumbnail/{serverName}/{mediaId}
    POST /_matrix/media/v3/upload
  `,
  'v1.1': `
    POST /_matrix/client/v3/keys/device_signing/upload
    POST /_matrix/client/v3/keys/signatures/upload
    POST /_matrix/client/v3/knock/{roomIdOrAlias}
    GET /_matrix/client/v3/login/sso/redirect
    GET /_matrix/client/v3/login/sso/redirect/{idpId}
    DELETE,GET,PUT /_matrix/client/v3/room_keys/keys
    DELETE,GET,PUT /_matrix/client/v3/room_keys/keys/{roomId}
    DELETE,GET,PUT /_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}
    GET,POST /_matrix/client/v3/room_keys/version
    DELETE,GET,PUT /_matrix/client/v3/room_keys/version/{version}
  `,
  'v1.2': `
    GET /_matrix/client/v1/register/m.login.registration_token/validity
    GET /_matrix/client/v1/rooms/{roomId}/hierarchy
  `,
  'v1.3': `
    GET /_matrix/client/v1/rooms/{roomId}/relations/{eventId}
    GET /_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}
    GET /_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}
    POST /_matrix/client/v3/refresh
  `,
  'v1.4': `
    GET /_matrix/client/v1/rooms/{roomId}/threads
  `,
  'v1.6': `
    GET /_matrix/client/v1/rooms/{roomId}/timestamp_to_event
  `,
  'v1.7': `
    POST /_matrix/client/v1/appservice/{appserviceId}/ping
    POST /_matrix/client/v1/login/get_token
    POST /_matrix/media/v1/create
    PUT /_matrix/media/v3/upload/{serverName}/{mediaId}
  `,
  'v1.10': `
    GET /.well-known/matrix/support
  `,
  'v1.11': `
    GET /_matrix/client/v1/media/config
    GET /_matrix/client/v1/media/download/{serverName}/{mediaId}
    GET /_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}
    GET /_matrix/client/v1/media/preview_url
    GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}
  `,
  'v1.13': `
    POST /_matrix/client/v3/rooms/{roomId}/report
  `,
  'v1.14': `
    POST /_matrix/client/v3/users/{userId}/report
  `,
  'v1.15': `
    GET /_matrix/client/v1/auth_metadata
    GET /_matrix/client/v1/room_summary/{roomIdOrAlias}
  `,
  'v1.16': `
    DELETE /_matrix/client/v3/profile/{userId}/{keyName}
  `,
  'v1.18': `
    GET /.well-known/matrix/policy_server
    GET,PUT /_matrix/client/v1/admin/lock/{userId}
    GET,PUT /_matrix/client/v1/admin/suspend/{userId}
  `,
  'v1.19': `
    GET /_matrix/client/v1/mutual_rooms
  `,
}

/**
 * Endpoints that a server can leave out and still serve a version, with the reason: patterns of
 * `METHOD /path`. Clients ask for these features elsewhere (capabilities, flows of a login or registration),
 * or handle a 404.
 */
export const OPTIONAL: Readonly<Record<string, string>> = {
  'POST .*/account/3pid(/bind|/unbind)?$': 'deprecated, or for an identity server',
  '/(account/password|register)/(email|msisdn)/requestToken':
    'flows that GET /login and POST /register do not offer',
  '/v3/(initialSync|events|events/\\{eventId\\}|rooms/\\{roomId\\}/initialSync)$': 'deprecated since r0',
  '/_matrix/media/v3/(config|download|thumbnail|preview_url)': 'deprecated since v1.11',
  '/media/preview_url': 'a server may disable previews of links',
  '/v3/(thirdparty|directory/list/appservice)/': 'bridges',
  '/v1/appservice/': 'application services',
  '/login/sso/redirect': 'only with the flow m.login.sso in GET /login',
  '/login/get_token': 'the capability m.get_login_token',
  '/v3/refresh': 'only with refresh tokens in the responses of POST /login and POST /register',
  '/v1/auth_metadata': 'only with the OAuth 2.0 API; clients then use POST /login',
  '/v3/admin/whois/': 'administrators',
  '/v1/admin/(lock|suspend)/': 'the capability m.account_moderation',
  '/openid/request_token': 'integration managers and calls',
  '/.well-known/matrix/(support|policy_server)': 'only if the operator configures it',
}

/**
 * Modules of the specification that this server does not have, with what a client sees: none now. An endpoint
 * that is neither served nor listed withdraws its version. A test fails when an endpoint of the list is
 * served: then remove its line.
 */
export const ABSENT: Readonly<Record<string, string>> = {}
