## Everywhere
skip = Skip to the content
close = Close
cancel = Cancel
nav-label = Screens
sign-out = Sign out
copy-link = Copy link
copy-json = Copy as JSON
copy-done = Copied
copy-failed = Your browser did not allow the copy
clock-differs = The clock of this browser differs from the clock of the server by { $by }. The times below are those of the server.
theme-label = Theme: { $theme }
theme-system = as the system
theme-light = light
theme-dark = dark
language-label = Language
time-now = just now
time-never = never

## States of every screen
state-loading = Loading
state-slow = The server takes longer than usual. Still waiting.
state-offline = The server cannot be reached
state-forbidden = You may not see this
state-missing = There is nothing here that you may see
state-failed = The server could not respond
state-retry = Try again

## Sign in
sign-in-title = Belfry
sign-in-about = Why did it ring? Why not? Sign in with your Matrix account on this server.
sign-in-user = User name
sign-in-user-hint = For example alice, or @alice:example.org
sign-in-password = Password
sign-in-token = Access token
sign-in-token-hint = Of a client or a script. It stays valid when you sign out here.
sign-in-token-of-link = It came with the link that you opened.
sign-in-registration = Registration token
sign-in-registration-hint = From an administrator of this server.
sign-in-registration-refused = This registration token is unknown, used up or has expired
sign-in-do = Sign in
sign-in-create = Create the account
sign-in-with-account = Create an account
sign-in-new-user-hint = Small letters, digits and . _ = / -
sign-in-busy = Signing in …
sign-in-with-token = Use an access token
sign-in-with-password = Use a password
sign-in-refused = The user name or the password is wrong
sign-in-token-refused = The server does not know this access token

## Keys
keys-title = Keys
keys-filter = Go to the filter
keys-next = Next row
keys-previous = Previous row
keys-open = Open the row
keys-back = Leave a field, or go back to the list
keys-test = Go to the first test button
keys-help = This list
keys-switch = Use single-letter keys

## Today
today-title = Today
today-devices = Your devices
today-recent = What happened lately
today-all = All journeys
device-success = Last notification
device-failing = Failing since
device-arrived = Arrived after { $after }
device-last-arrived = Last arrived
device-usually = usually after { $after }
device-not-seen = { $count ->
    [one] the last one did not arrive
   *[other] the last { $count } did not arrive
}
device-queued = { $count ->
    [one] 1 waiting
   *[other] { $count } waiting
}
pusher-ok = Rings
pusher-unused = Never used yet
pusher-pending = Not confirmed by its app
pusher-retrying = Retrying
pusher-failing = Failing
pusher-off = Off
pusher-not-seen = Sent, but not seen
test-send = Send a test
test-to = to { $name }
test-busy = Sending …
test-ok = Sent
test-rejected = Rejected: the app has no such device
test-unreachable = The gateway cannot be reached
test-rate-limited = The gateway asks to wait
test-not-registered = There is no such device any more
test-blocked = The address of the gateway is not allowed
test-disabled = The device is off
test-not-activated = The app has not confirmed the device
test-unsupported = This kind of device has no test
first-title = No device of yours receives notifications yet
first-about = An app tells the server where to send notifications; that is called a pusher. There are two ways to get one:
first-client = Sign in to Element X, FluffyChat or SchildiChat as { $user }, with the server { $server }, and allow notifications.
first-curl = Or make a test inbox on this server. TOKEN is an access token of yours:
first-waiting = Waiting for your first device. This page changes by itself.

ring-do = Ring this browser
ring-step-permission = Your browser asks whether it may show notifications …
ring-step-subscribe = Subscribing at the push service of your browser …
ring-step-confirm = Waiting for the first push …
ring-step-ring = Ringing …
ring-done = Sent. Your browser shows a notification now.
ring-denied = Your browser does not allow notifications for this page. Allow them in its settings for this site.
ring-off = This server has no Web Push (setting push.web_push).
ring-no-service = Your browser could not subscribe at its push service.
ring-not-confirmed = The first push did not arrive within 20 seconds. Check that the server can reach the internet.
ring-unsupported = To ring this browser, open the console over https or at localhost.
ring-app = Belfry console
ring-device = This browser
ring-title = It rings
ring-text = Belfry reaches this browser.

## Journeys
journeys-title = Journeys
journeys-event = Open by event id
list-event = Event
list-why = Why
list-no-devices = No device
list-older = Load older
list-news = { $count ->
    [one] 1 new
   *[other] { $count } new
}
list-total = { $count ->
    [one] 1 journey
   *[other] { $count } journeys
}
list-total-at-least = { $count ->
    [one] At least 1 journey
   *[other] At least { $count } journeys
}
list-none = Nothing has happened yet
list-none-about = Each message that somebody sends you appears here by itself, with the reason why it rang or not.
list-none-match = No journey matches
list-none-match-about = Remove a filter, or wait: new journeys appear by themselves.
live-connecting = Connecting
live-live = Live
live-paused = Paused
live-failed = Every 5 seconds
live-pause = Pause
live-resume = Resume
filter-state = State
filter-device = Device
filter-since = Time
filter-room = Room id
filter-all = All
filter-clear = Clear filters
since-1h = Last hour
since-24h = Last 24 hours
since-7d = Last 7 days
device-state-sent = Sent
device-state-waiting = Waiting
device-state-held = Held
device-state-failing = Failing
device-state-silent = Silent
device-state-read-first = Read first
device-state-skipped = Skipped
device-state-dropped = Refused
device-state-rejected = Rejected
device-state-off = Off
device-state-unknown = Unknown
type-m-room-message = Message
type-m-room-encrypted = Encrypted message
type-m-room-member = Membership
type-m-call-invite = Call
type-m-sticker = Sticker
type-m-room-topic = Topic
type-m-room-name = Room name
type-m-room-tombstone = Room upgrade
type-m-poll-start = Poll

## One journey
journey-title = Journey of an event
journey-decision = Decision
journey-devices = Devices
journey-no-devices = There was no device
journey-no-devices-about = When the event was sent, this user had no app that receives notifications.
journey-rule = Deciding rule:
journey-rules = Push rules in the order of evaluation
journey-rules-changed = The rules have changed since. The list shows the present rules; the decision is the stored one.
journey-try = Try a rule on this event
journey-removed = Removed
journey-untraced = The server does not record journeys (setting trace.enabled), so attempts are missing.
fact-when = Sent
fact-sender = Sender
fact-room = Room
fact-type = Type
fact-user = Journey for
fact-read = Read
fact-read-yes = yes
fact-read-no = not yet
fact-event = Event id
step-attempt = attempt { $number }
step-status = status { $status }
step-next = next attempt
step-unknown = Unknown
step-waiting = Waiting
step-held = Held

step-sent = Sent
step-fetched = Arrived
step-rejected = Rejected
step-dropped = Refused
step-skipped = Not sent
step-cleared = Removed
step-not-queued = Not sent
step-not-seen = Not seen
step-gateway = At the gateway
reason-no-rule-matched = No rule matched
reason-not-kept = No longer known
reason-wakes-only = Wakes the device
reason-rules-failed = The rules failed
reason-not-fetched = Not seen
reason-read = Read first
reason-gateway-failing = Gateway fails
reason-mail-server-failing = Mail server fails
reason-suppressed-by-a-device-rule = Silenced on this device
reason-does-not-notify = Does not notify
reason-in-the-app-only = In the app only
reason-collapsed = Replaced by a newer one
reason-active-elsewhere = Held: active elsewhere
reason-no-pushers = No device
reason-set-after-the-event = Set up later
reason-pusher-disabled = Device was off
reason-disabled = Device is off
reason-not-activated = Not confirmed by its app
reason-own-event = Own event
reason-not-a-member = Not a member
reason-sender-is-ignored = Sender is ignored
reason-redacted = Deleted message
reason-not-by-e-mail = Not by mail
remedy-2xx = The gateway answered, but did not take the notification. Its operator can find the reason in its log.
remedy-3xx = The gateway answered with a redirect. Set the pusher with the final address.
remedy-4xx = The gateway refuses the request. Check the app id and the address of the pusher.
remedy-5xx = The gateway has a fault. The server tries again by itself.
remedy-connection-refused = Nothing listens at the address of the gateway. Check that it runs, and its port.
remedy-dns = The host name of the gateway does not exist. Check the address of the pusher.
remedy-timeout = The gateway did not answer in time. The server tries again by itself.
remedy-tls = The certificate of the gateway is not trusted. Renew it, or add its authority with push.extra_ca.
remedy-blocked-by-the-IP-policy = The address is not public. Allow it with push.allow_ip_ranges if you trust it.

## Rules
rules-not-matched = { $count ->
    [one] 1 rule did not match
   *[other] { $count } rules did not match
}
rules-not-reached = { $count ->
    [one] 1 more rule was not needed.
   *[other] { $count } more rules were not needed.
}
verdict-matched = Matched
verdict-wakes-only = Wakes the device
verdict-no-match = No match
verdict-disabled = Off
verdict-malformed = Malformed
verdict-not-evaluated = Not evaluated
check-holds = Holds
check-fails = Fails
check-expected = expected
check-actual = actual
check-nothing = nothing
condition-event-match = The event matches a pattern
condition-event-property-is = A property of the event has a value
condition-event-property-contains = A list in the event contains a value
condition-contains-display-name = The text contains your name
condition-room-member-count = The room has a number of members
condition-sender-notification-permission = The sender may notify the room
rule-own = Own rule { $id } ({ $kind })
rule-device = only { $handle }
kind-override = override
kind-content = word
kind-room = room
kind-sender = sender
kind-underride = underride
rule-m-rule-master = Everything is muted
rule-m-rule-suppress-notices = Messages of bots
rule-m-rule-invite-for-me = Invitations to you
rule-m-rule-member-event = Changes of members
rule-m-rule-is-user-mention = Mentions of you
rule-m-rule-contains-display-name = Your name in the text
rule-m-rule-is-room-mention = Mentions of the room
rule-m-rule-roomnotif = @room in the text
rule-m-rule-tombstone = Room upgrades
rule-m-rule-reaction = Reactions
rule-m-rule-room-server-acl = Server lists of rooms
rule-m-rule-suppress-edits = Edits of messages
rule-m-rule-contains-user-name = Your user name in the text
rule-m-rule-call = Calls
rule-m-rule-encrypted-room-one-to-one = Encrypted messages of two people
rule-m-rule-room-one-to-one = Messages of two people
rule-m-rule-message = Messages
rule-m-rule-encrypted = Encrypted messages

## The table of rules
rules-title = Rules
rules-about = What rings where. A rule of a device decides before the rules of the account, for this device only. Unread counts follow the account alone.
rules-account = Account
rules-device = Device
rules-filter = Find a room
rules-rooms = Rooms
rules-senders = People
rules-contents = Words
rules-room = Room
rules-sender = Person
rules-content = Word
rules-no-rooms = No room was found.
rules-no-senders = No rule is for a person.
rules-no-contents = No rule is for a word.
rules-more = Show more
rules-cell = { $what }, { $where }
rules-effect = It
rules-period = For
rules-save = Save
rules-add = Add
rules-add-sender = User id of a person
rules-add-content = Word; * and ? stand for any letters
rules-other = Other rules
rules-own = Your rules with conditions
rules-defaults = Default rules
rules-rule = Rule
rules-state = State
rules-actions = Change
rules-on = On
rules-off = Off
rules-switch-on = Switch on
rules-switch-off = Switch off
rules-delete = Delete
rules-ends = ends
effect-inherits = As usual
effect-muted = Muted
effect-mentions = Mentions only
effect-silent = Silent
effect-quiet = Notifies without a sound
effect-rings = Rings
effect-highlight = Rings and highlights
period-always = ever
period-hour = one hour
period-work = eight hours
period-day = a day

## The doctor
doctor-title = Doctor
doctor-nothing = Nothing keeps your notifications from arriving
doctor-more = { $count ->
    [one] One more finding appears when these are corrected.
   *[other] { $count } more findings appear when these are corrected.
}
severity-problem = Problem
severity-warning = Warning
severity-hint = Hint
finding-busy = Changing …
finding-done = Done
finding-no-pusher = No device of yours receives notifications.
finding-notifications-are-off = All notifications are switched off.
finding-no-process-delivers = The server sends no notifications now. They wait.
finding-pusher-is-failing = Notifications to { $device } have failed since { $since }.
finding-pusher-is-retrying = Notifications to { $device } have failed since { $since }.
finding-pusher-is-disabled = { $device } is switched off.
finding-pusher-is-not-confirmed = The app on { $device } has not confirmed that it wants notifications.
finding-pushes-do-not-arrive = { $device } has fetched nothing that it was notified of since { $since }.
finding-handle-is-shared = { $device } has the same rules as another device, because both have the handle { $handle }.
finding-device-rules-without-a-pusher = There are rules for the handle { $handle }, and no device has it.
finding-calls-cannot-ring = Calls cannot ring on { $device }, because of this rule: { $rule }.
finding-calls-in-a-room-cannot-ring = Calls in { $room } cannot ring on { $device }, because of this rule: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] The server cannot see mentions in an encrypted room, and { $device }, which could, is not told of its messages.
   *[other] The server cannot see mentions in { $count } encrypted rooms, and { $device }, which could, is not told of their messages.
}
finding-rule-contradicts-itself = { $rule } can never match, because its conditions exclude each other.
finding-rule-has-an-unknown-condition = { $rule } can never match, because the server does not know one of its conditions.
finding-rule-is-shadowed = { $rule } can never match, because this rule comes first and matches the same: { $other }.
finding-rule-for-a-room-that-was-left = { $rule } is for a room that you are not in.
finding-room-is-muted-twice = { $room } is muted by two rules: { $other } and { $rule }.
advice-no-pusher = Sign in with an app on your device and allow its notifications.
advice-notifications-are-off = Switch them on to hear from anything.
advice-no-process-delivers = Ask the administrators of the server. Nothing is lost.
advice-pusher-is-failing = The server tries again by itself. If the app is gone from the device, delete this device; otherwise its gateway must be repaired.
advice-pusher-is-retrying = The server tries again by itself, and nothing is lost.
advice-pusher-was-removed = Open the app on the device, so that it signs up for notifications again.
advice-pusher-is-disabled = Switch it on to get notifications there.
advice-pusher-is-not-confirmed = Open the app on the device.
advice-pushes-do-not-arrive = Open the app on the device. Check that the device is online, and that its system lets the app receive notifications and run in the background.
advice-handle-is-shared = If that is not intended, give this device a handle of its own.
advice-device-rules-without-a-pusher = They apply again when an app signs up with this handle.
advice-calls-cannot-ring = Change that rule, or add a rule for calls.
advice-calls-in-a-room-cannot-ring = Let the calls of this room ring, or leave it muted.
advice-mentions-in-encrypted-rooms-are-hidden = Send encrypted messages to the device, so that it can look for mentions.
advice-rule-has-an-unknown-condition = Correct the rule or delete it.
advice-rule-contradicts-itself = Correct the rule or delete it.
advice-rule-is-shadowed = Delete one of them, or change their order.
advice-rule-for-a-room-that-was-left = Delete the rule if you do not intend to return.
advice-room-is-muted-twice = To hear from the room again, both must be deleted. Delete one of them now.
remedy-delete-rule = Delete { $rule }
remedy-enable-rule = Switch on { $rule }
remedy-disable-rule = Switch off { $rule }
remedy-let-calls-ring = Let calls ring on { $device }
remedy-send-encrypted-messages = Send all encrypted messages to { $device }
remedy-enable-pusher = Switch on { $device }
remedy-delete-pusher = Delete { $device }
remedy-send-a-test = Send a test to { $device }
remedy-own-handle-with-the-rules = Give { $device } a handle of its own, with a copy of the rules
remedy-own-handle-without-rules = Give { $device } a handle of its own, without rules

## Devices
devices-title = Devices
devices-about = The apps that this server notifies for you, what they do, and what is wrong with them.
devices-none = No device of yours receives notifications yet
devices-none-about = The first screen shows how to get one.
devices-removed = Removed in the last 30 days
devices-device = Device
devices-when = Removed
devices-why = Why
device-arrived-unknown = not known: the app does not fetch what it is told
device-error = Last error
device-held = Held until
device-waiting = Queue
device-gateway = Gateway
device-gateway-none = none
device-handle = Handle
device-handle-none = none
device-app = App id
device-settings = Settings
device-enabled = Notifications on this device
device-badges = Send the number for the icon of the app
device-hold = While you are active on another device, wait for
device-hold-hint = What you read there in that time is not sent to this device.
device-hold-none = no time
removed-deleted = Deleted by you or your app
removed-rejected = Its gateway reported that the device is gone
removed-device-removed = The device was signed out
removed-taken-over = Another user signed in on the device
removed-account-closed = The account was closed
removed-unsubscribed = The subscription was ended
removed-address-removed = The address was removed
removed-not-confirmed = Its app did not confirm it

## Try a rule
try-title = Try a rule
try-about = Nothing is sent and nothing is stored until you save the rule.
try-event = The event
try-room-hint = A room that you have joined, for its members and your name there. It may be empty.
try-event-json = Event as JSON
try-bad-event = The event is no JSON: { $error }
try-rule = The rule
try-subject = It applies to
try-subject-word = messages with a word
try-subject-room = everything in a room
try-subject-sender = everything from a person
try-subject-conditions = own conditions
try-value-word = Word; * and ? stand for any letters
try-value-room = Room id
try-value-sender = User id
try-value-conditions = Conditions as a JSON list
try-effect = It should
try-effect-ring = ring
try-effect-highlight = ring and highlight
try-effect-quiet = notify without a sound
try-effect-mute = not notify
try-scope = On
try-all-devices = all devices
try-do = Try it
try-result = What would happen
try-counts = The event would notify you.
try-counts-not = The event would not notify you.
try-no-devices = You have no device yet, so nothing would ring.
try-rings = Rings
try-silent = Notifies silently
try-nothing = Nothing
try-handle = Handle { $handle }
try-save-account = Save for this account
try-save-device = Save for this device
try-saved = Saved

preview-title = { $count ->
    [one] Your last event with this rule
   *[other] Your last { $count } events with this rule
}
preview-account = Unread counts
preview-none = nothing changes
preview-rings = { $count ->
    [one] 1 more rings
   *[other] { $count } more ring
}
preview-silent = { $count ->
    [one] 1 falls silent
   *[other] { $count } fall silent
}
preview-differs = { $count ->
    [one] 1 sounds different
   *[other] { $count } sound different
}
preview-cut = The rules are too expensive to evaluate over all of them.
change-rings = rings
change-silent = falls silent
change-differs = sounds different

## A path without a screen
missing-title = No such screen
missing-about = The console has no screen at this address.

## Administration
admin-title = Administration
admin-about = The gateways and the devices of all users. Messages and addresses of devices are not shown here.
admin-alarms = Alarms
admin-no-alarms = No alarm
admin-alarm = { $share } of the pushes through { $gateway } arrived in the last { $window }; usually { $usual } do.
admin-window-hour = hour
admin-window-day = day
admin-trouble = { $app }: { $reason }, since { $since }
admin-gateways = Gateways
admin-no-gateways = No device has a gateway yet.
admin-gateway = Gateway
admin-gateway-others = other gateways
admin-devices = Devices
admin-failing = Failing
admin-queue = Waiting
admin-oldest = Failing since
admin-hour = Arrived, last hour
admin-day = Arrived, last day
admin-usual = Usual
admin-share-unknown = not known
admin-apps = Apps of this server's gateway
admin-no-apps = This server's gateway has no app.
admin-app = App
admin-app-state = State
admin-app-waiting = Requests
admin-app-requests = { $running } running, { $waiting } waiting
admin-app-expires = Credentials expire
admin-app-ok = Works
admin-app-degraded = Works in part
admin-app-failing = Failing
admin-app-alarmed = Refuses most devices
admin-states = States of devices
admin-state-count = { $count ->
    [one] 1 device
   *[other] { $count } devices
}
admin-users = Devices of users
admin-user = User
admin-find = Find a user or a device
admin-no-users = No device was found.
admin-error = Last error
admin-more = Load more
resend-do = Send again
resend-to = to { $name }

## Users
users-title = Users
users-about = The accounts of this server. A change holds at once.
users-find = User id or display name
users-search = Search
users-none = No user was found.
users-seen = Last request
users-admin = Administrator
users-active = Active
users-locked = Locked
users-suspended = Suspended
users-lock = Lock
users-unlock = Unlock
users-suspend = Suspend
users-unsuspend = End the suspension
users-lock-about = Until you unlock it, { $user } cannot use the account, and nothing is pushed to its devices.
users-unlock-about = { $user } can use the account again, and its devices are notified again.
users-suspend-about = Until you end the suspension, { $user } can read, but cannot send or change what others see.
users-unsuspend-about = { $user } can send again, and change what others see.
