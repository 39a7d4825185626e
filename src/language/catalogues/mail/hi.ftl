message-from = { $sender } का संदेश
message-from-in = { $room } में { $sender } का संदेश
count-in-room =
    { $room } में { $count ->
        [one] { $count } सूचना
       *[other] { $count } सूचनाएँ
    }
count-in-rooms =
    { $rooms ->
        [one] { $rooms } रूम
       *[other] { $rooms } रूम
    } में { $count ->
        [one] { $count } सूचना
       *[other] { $count } सूचनाएँ
    }
new-notifications = नई सूचनाएँ

more-events =
    { $count ->
        [one] { $count } पिछला संदेश
       *[other] { $count } पिछले संदेश
    }
more-rooms =
    { $rooms ->
        [one] और { $rooms } अन्य रूम में।
       *[other] और { $rooms } अन्य रूम में।
    }
wrote = { $sender }:
no-name = (कोई नाम नहीं)

about = आपने जो नहीं पढ़ा, { $server } उसे ईमेल से भेजता है।
end-below = इसे बंद करने के लिए यह पेज खोलें:
end-link = और ईमेल न भेजें
devices-link = आपके डिवाइसों की सेटिंग
why-link = मुझे यह क्यों मिला?

test-subject = परीक्षण
test-text = यह एक परीक्षण है। सूचनाएँ इस मेलबॉक्स में पहुँचती हैं।

confirm-subject = अपने ईमेल पते की पुष्टि करें
confirm-request = इस पते को { $server } के एक खाते में जोड़ने का अनुरोध किया गया है।
confirm-if-you = अगर यह अनुरोध आपका है, तो एक घंटे के अंदर यह पेज खोलें और वहाँ पते की पुष्टि करें:
confirm-if-not = अगर नहीं, तो आपको कुछ करने की ज़रूरत नहीं है: पुष्टि के बिना पता नहीं जोड़ा जाएगा।
