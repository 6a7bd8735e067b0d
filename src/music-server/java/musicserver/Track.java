package musicserver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A piece of music made of tones, so that it needs no licence.
 *
 * @param tones in hertz, half a second each, repeated until the end
 */
record Track(String id, String title, String artist, int seconds, List<Integer> tones) {

    static final List<Track> LIBRARY = List.of(
            new Track(
                    "scale", "Up and down the scale", "The Sines", 8, List.of(262, 294, 330, 349, 392, 440, 494, 523)),
            new Track("fifths", "A circle of fifths", "The Sines", 12, List.of(220, 330, 247, 370, 277, 415)),
            new Track("tuning", "Tuning fork", "Concert Pitch", 5, List.of(440)),
            new Track("lullaby", "Lullaby for a modem", "Concert Pitch", 10, List.of(330, 330, 392, 330, 330, 392)));

    private static final int RATE = 8000;
    private static final int HEADER = 44;

    /** PCM, mono, 16 bits; small enough to be made anew each time. */
    byte[] wav() {
        int samples = seconds * RATE;
        ByteBuffer wav = ByteBuffer.allocate(HEADER + 2 * samples).order(ByteOrder.LITTLE_ENDIAN);
        wav.put(ascii("RIFF")).putInt(HEADER - 8 + 2 * samples).put(ascii("WAVE"));
        wav.put(ascii("fmt ")).putInt(16).putShort((short) 1).putShort((short) 1);
        wav.putInt(RATE).putInt(2 * RATE).putShort((short) 2).putShort((short) 16);
        wav.put(ascii("data")).putInt(2 * samples);
        for (int i = 0; i < samples; i++) {
            int tone = tones.get(i / (RATE / 2) % tones.size());
            double fade = Math.exp(-3.0 * (i % (RATE / 2)) / (RATE / 2));
            wav.putShort((short) (fade * 12_000 * Math.sin(2 * Math.PI * tone * i / RATE)));
        }
        return wav.array();
    }

    String json() {
        return "{\"id\":\"" + id + "\",\"title\":\"" + title + "\",\"artist\":\"" + artist + "\",\"seconds\":" + seconds
                + "}";
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
