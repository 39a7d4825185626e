# Mails about unread events, and mails that validate an address.

# Subjects. $sender, $room: names that users choose. $room can be the list of its members.
message-from = Message from { $sender }
message-from-in = Message from { $sender } in { $room }
count-in-room =
    { $count ->
        [one] { $count } notification
       *[other] { $count } notifications
    } in { $room }
# Also the whole text of a short mail.
count-in-rooms =
    { $count ->
        [one] { $count } notification
       *[other] { $count } notifications
    } in { $rooms ->
        [one] { $rooms } room
       *[other] { $rooms } rooms
    }
new-notifications = New notifications

# Above the messages of a room, if earlier ones are left out.
more-events =
    { $count ->
        [one] { $count } earlier message
       *[other] { $count } earlier messages
    }
# Below the last room.
more-rooms =
    { $rooms ->
        [one] And in { $rooms } more room.
       *[other] And in { $rooms } more rooms.
    }
# Before the text of a message, such as "Bob: Hello".
wrote = { $sender }:
# Instead of a name that has no visible characters.
no-name = (no name)

# At the end of each mail. A link is on the line after "end-below"; "end-link" is the text of a link.
about = { $server } mails what you have not read.
end-below = To end this, open:
end-link = Send no more mail
# Links to the web console: to the settings at the end of each mail, and to the journey of an event beside its time. In text, a URL follows.
devices-link = Settings of your devices
why-link = Why did I get this?

# A mail that tests the delivery.
test-subject = Test
test-text = This is a test. Notifications arrive in this mailbox.

# A mail that validates an address. A link is on the line after "confirm-if-you".
confirm-subject = Confirm your e-mail address
confirm-request = A request was made to add this address to an account on { $server }.
confirm-if-you = If you made it, open this page within an hour and confirm it there:
confirm-if-not = If not, you need do nothing: the address is added only when you confirm.
