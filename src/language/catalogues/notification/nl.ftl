message = { $sender }: { $text }
sent-message = { $sender } heeft een bericht gestuurd
sent-picture = { $sender } heeft een afbeelding gestuurd
sent-video = { $sender } heeft een video gestuurd
sent-recording = { $sender } heeft een opname gestuurd
sent-file = { $sender } heeft een bestand gestuurd
sent-location = { $sender } heeft een locatie gestuurd
sent-sticker = { $sender } heeft een sticker gestuurd
sent-encrypted = { $sender } heeft een versleuteld bericht gestuurd
sent-nothing = { $sender } heeft een bericht zonder tekst gestuurd
invited = { $sender } nodigt je uit
invited-to = { $sender } nodigt je uit voor { $room }
joined = { $sender } neemt nu deel
knocked = { $sender } vraagt om deel te nemen
changed-members = { $sender } heeft de leden van de kamer gewijzigd
voice-call = Spraakoproep van { $sender }
video-call = Video-oproep van { $sender }
did-something = { $sender } heeft iets gedaan wat een app kan tonen

new-notification = Nieuwe melding
unread =
    { $count ->
        [one] { $count } ongelezen
       *[other] { $count } ongelezen
    }

empty-room = Lege kamer
room-invite = Uitnodiging voor een kamer
name-and-others =
    { $count ->
        [one] { $name } en { $count } ander
       *[other] { $name } en { $count } anderen
    }
