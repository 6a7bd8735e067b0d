package musicserver;

import jakarta.servlet.ServletContext;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A player without loudspeaker: it goes on to the next track by itself, and after the last to the first. */
final class Player {

    private final List<Track> tracks = Track.LIBRARY;
    private int current;
    private boolean playing;
    private long playedNanos;
    private long lastLook = System.nanoTime();

    /** The player of this web application. */
    static Player of(ServletContext application) {
        synchronized (application) {
            if (application.getAttribute("player") instanceof Player player) {
                return player;
            }
            Player player = new Player();
            application.setAttribute("player", player);
            return player;
        }
    }

    /**
     * The state at a moment.
     *
     * @param position in seconds
     */
    record State(boolean playing, Track track, long position) {

        String json() {
            return "{\"playing\":" + playing + ",\"position\":" + position + ",\"track\":" + track.json() + "}";
        }
    }

    synchronized State state() {
        goOn();
        return new State(playing, tracks.get(current), TimeUnit.NANOSECONDS.toSeconds(playedNanos));
    }

    synchronized void play() {
        goOn();
        playing = true;
    }

    /** Plays a track; returns false if there is none of this id. */
    synchronized boolean play(String id) {
        for (int i = 0; i < tracks.size(); i++) {
            if (tracks.get(i).id().equals(id)) {
                start(i);
                playing = true;
                return true;
            }
        }
        return false;
    }

    synchronized void pause() {
        goOn();
        playing = false;
    }

    synchronized void skip(int tracksForward) {
        goOn();
        start(Math.floorMod(current + tracksForward, tracks.size()));
    }

    private void start(int track) {
        current = track;
        playedNanos = 0;
        lastLook = System.nanoTime();
    }

    private void goOn() {
        long now = System.nanoTime();
        if (playing) {
            playedNanos += now - lastLook;
            long length = length();
            while (playedNanos >= length) {
                playedNanos -= length;
                current = (current + 1) % tracks.size();
                length = length();
            }
        }
        lastLook = now;
    }

    private long length() {
        return TimeUnit.SECONDS.toNanos(tracks.get(current).seconds());
    }
}
