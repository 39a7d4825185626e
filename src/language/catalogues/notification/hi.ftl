message = { $sender }: { $text }
sent-message = { $sender } ने एक संदेश भेजा
sent-picture = { $sender } ने एक तस्वीर भेजी
sent-video = { $sender } ने एक वीडियो भेजा
sent-recording = { $sender } ने एक रिकॉर्डिंग भेजी
sent-file = { $sender } ने एक फ़ाइल भेजी
sent-location = { $sender } ने एक लोकेशन भेजी
sent-sticker = { $sender } ने एक स्टिकर भेजा
sent-encrypted = { $sender } ने एक एन्क्रिप्टेड संदेश भेजा
sent-nothing = { $sender } ने बिना टेक्स्ट का संदेश भेजा
invited = { $sender } ने आपको आमंत्रित किया
invited-to = { $sender } ने आपको { $room } में आमंत्रित किया
joined = { $sender } अब रूम में शामिल
knocked = { $sender } ने शामिल होने का अनुरोध किया
changed-members = { $sender } ने रूम के सदस्य बदले
voice-call = { $sender } की ओर से वॉइस कॉल
video-call = { $sender } की ओर से वीडियो कॉल
did-something = { $sender } ने कुछ किया जिसे कोई ऐप दिखा सकता है

new-notification = नई सूचना
unread =
    { $count ->
        [one] { $count } अपठित
       *[other] { $count } अपठित
    }

empty-room = खाली रूम
room-invite = रूम का आमंत्रण
name-and-others =
    { $count ->
        [one] { $name } और { $count } अन्य
       *[other] { $name } और { $count } अन्य
    }
