# Sentences about an event. $sender: the name of the user who sent it. Avoid words that depend on the gender of the sender.

sent-picture = { $sender } sent a picture
sent-video = { $sender } sent a video
sent-recording = { $sender } sent a recording
sent-file = { $sender } sent a file
sent-location = { $sender } sent a location
sent-sticker = { $sender } sent a sticker
sent-encrypted = { $sender } sent an encrypted message
sent-nothing = { $sender } sent a message without text
invited = { $sender } invites you
joined = { $sender } has joined
# The user asks to be let in.
knocked = { $sender } asks to join
changed-members = { $sender } has changed who is in the room
# An event of a type that Belfry does not know.
did-something = { $sender } did something that an app can show
