# Texts of notifications, and sentences about events in mails.

# $sender: the name of the user who sent the event. Avoid words that depend on the gender of the sender.
message = { $sender }: { $text }
sent-message = { $sender } sent a message
sent-picture = { $sender } sent a picture
sent-video = { $sender } sent a video
sent-recording = { $sender } sent a recording
sent-file = { $sender } sent a file
sent-location = { $sender } sent a location
sent-sticker = { $sender } sent a sticker
sent-encrypted = { $sender } sent an encrypted message
sent-nothing = { $sender } sent a message without text
invited = { $sender } invites you
invited-to = { $sender } invites you to { $room }
joined = { $sender } has joined
# The user asks to be let in.
knocked = { $sender } asks to join
changed-members = { $sender } has changed who is in the room
voice-call = Voice call from { $sender }
video-call = Video call from { $sender }
# An event of a type that Belfry does not know.
did-something = { $sender } did something that an app can show

# A notification of which only its existence is known.
new-notification = New notification
# $count: the number on the icon of the app: rooms with unread messages, or messages. So it has no noun.
unread =
    { $count ->
        [one] { $count } unread
       *[other] { $count } unread
    }

# The name of a room that users have not named.
empty-room = Empty Room
room-invite = Room Invite
# $name: a member. $count: the number of other members, at least 2.
name-and-others =
    { $count ->
        [one] { $name } and { $count } other
       *[other] { $name } and { $count } others
    }
