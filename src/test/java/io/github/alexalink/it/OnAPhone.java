package io.github.alexalink.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Alexa;
import io.github.alexalink.fixture.Axe;
import io.github.alexalink.fixture.Chromium;
import io.github.alexalink.fixture.TestDatabase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.support.ui.WebDriverWait;

/** One Chromium for all tests of a class, and what it takes to look at a page as different people do. */
abstract class OnAPhone extends OnTomcat {

    static final String PASSWORD = "correct horse battery staple";
    static final String LINKED = ISSUER.replace("/alexa", "/music-server/linked");
    static final String LINKS = ISSUER + "/links";

    /** What can be focused, in the order of the document. */
    private static final String CONTROLS =
            "[...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')]";

    /** What a finger or an eye would miss: small controls, things beyond the edge, controls out of reading order. */
    private static final String MISSED = """
            const width = arguments[0];
            const missed = [];
            const controls = %s.map(control => [control, control.getBoundingClientRect()]);
            for (const [control, box] of controls) {
                const area = control.type === 'checkbox' && control.closest('label')
                    ? control.closest('label').getBoundingClientRect() : box;
                if (area.width < 44 || area.height < 44) {
                    missed.push(area.width + '×' + area.height + ' is small: ' + control.outerHTML);
                }
            }
            for (const element of document.querySelectorAll('body *')) {
                const box = element.getBoundingClientRect();
                const inner = element.tagName !== 'INPUT' && getComputedStyle(element).display !== 'inline';
                if (box.right > width + 0.5 || box.left < -0.5 || inner && element.scrollWidth > element.clientWidth + 1) {
                    missed.push('sticks out: ' + element.outerHTML.slice(0, 200));
                }
            }
            if (document.documentElement.scrollWidth !== width) {
                missed.push('the page is ' + document.documentElement.scrollWidth + ' wide');
            }
            const sign = getComputedStyle(document.documentElement).direction === 'rtl' ? -1 : 1;
            controls.forEach(([control, box], i) => {
                const before = i === 0 ? null : controls[i - 1][1];
                if (control.tabIndex !== 0
                        || before && box.top < before.bottom && sign * (box.left - before.left) <= 0) {
                    missed.push('is out of order: ' + control.outerHTML);
                }
            });
            return [parseFloat(getComputedStyle(document.querySelector('p')).fontSize), missed];
            """.formatted(CONTROLS);

    /** Where the focus is, and whether one can see it: an outline of 2 px or more, at 3:1, on something not covered. */
    private static final String FOCUS = """
            const parsed = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
            const luminance = colour => {
                const [r, g, b] = colour.slice(0, 3).map(c => c / 255)
                    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const behind = element => {
                const colour = parsed(getComputedStyle(element).backgroundColor);
                return colour.length === 3 || colour[3] > 0 || !element.parentElement ? colour
                    : behind(element.parentElement);
            };
            requestAnimationFrame(() => requestAnimationFrame(() => { // after it has been scrolled to
            const focused = document.activeElement;
            const style = getComputedStyle(focused);
            const [one, other] = [luminance(parsed(style.outlineColor)), luminance(behind(focused.parentElement))];
            const box = focused.getBoundingClientRect();
            const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
            const width = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
            const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
            const whole = box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth;
            arguments[0]({
                control: %s.indexOf(focused),
                name: focused.outerHTML,
                visible: width >= 2 && contrast >= 3 && whole && (hit === focused || focused.contains(hit)),
                seen: 'outline ' + width + ' at ' + contrast.toFixed(1) + ':1, whole: ' + whole});
            }));
            """.formatted(CONTROLS);

    /** Chromium moves the focus to what has autofocus with the first frame, and that may be after the load. */
    private static final String ARRIVED = """
            const first = document.querySelector('[autofocus]');
            return document.readyState === 'complete' && !document.documentElement.dataset.old
                && (!first || document.activeElement === first);
            """;

    /** Chromium is told of another width and size of text, and lays out anew a moment later. */
    private static final String LAID_OUT = """
            return matchMedia(`(width: ${arguments[0]}px)`).matches
                && parseFloat(getComputedStyle(document.querySelector('p')).fontSize) === arguments[1];
            """;

    static ChromeDriver chrome;
    static int pages;
    static int runs;
    static int checks;
    static int broken;

    String anna;
    Alexa alexa;

    @BeforeAll
    static void open() throws IOException {
        chrome = Chromium.phone();
    }

    @AfterAll
    static void close() {
        if (chrome != null) {
            chrome.quit();
        }
        System.out.printf("axe: %d pages, %d runs, %,d rules kept, %d broken%n", pages, runs, checks, broken);
        pages = runs = checks = broken = 0;
    }

    @BeforeEach
    void startAnew() {
        chrome.get("about:blank");
        speak("en");
        anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        alexa = skill("Amazon Alexa");
    }

    /** A skill that this phone can come back from. */
    static Alexa skill(String displayName) {
        Alexa skill = Alexa.skill(ISSUER);
        TestDatabase.ask(
                "SELECT 'done', alexa.set_redirect_uris(?, string_to_array(?, ' ')),"
                        + " alexa.change_client(client_id => ?, display_name => ?)",
                skill.clientId(),
                Alexa.PITANGUI + " " + LINKED,
                skill.clientId(),
                displayName);
        return skill.redirectingTo(LINKED);
    }

    /** Links apps of these names to Anna's account, so that the first one is the first on the page. */
    void link(String... names) {
        for (int i = names.length - 1; i >= 0; i--) {
            skill(names[i]).link(anna, PASSWORD);
        }
    }

    static void speak(String language) {
        Chromium.headers(chrome, Map.of("Accept-Language", language));
    }

    static void signIn(String username, String password) {
        type("username", username);
        type("password", password);
        submit();
    }

    static void type(String id, String text) {
        WebElement field = chrome.findElement(By.id(id));
        field.clear();
        field.sendKeys(text);
    }

    /** Presses the first button, and waits for what comes of it. */
    static void submit() {
        press("button");
    }

    static void press(String css) {
        andThen(() -> chrome.findElement(By.cssSelector(css)).click());
    }

    /** Does something that leads to another page, and waits for that page and for the focus it asks for. */
    static void andThen(Runnable leaving) {
        chrome.executeScript("document.documentElement.dataset.old = 'yes'");
        leaving.run();
        new WebDriverWait(chrome, Duration.ofSeconds(15), Duration.ofMillis(30))
                .ignoring(WebDriverException.class) // the page that the script runs in may go away under it
                .until(driver -> Boolean.TRUE.equals(chrome.executeScript(ARRIVED)));
    }

    static void keys(CharSequence... keys) {
        new Actions(chrome).sendKeys(keys).perform();
    }

    static void backwards() {
        new Actions(chrome)
                .keyDown(Keys.SHIFT)
                .sendKeys(Keys.TAB)
                .keyUp(Keys.SHIFT)
                .perform();
    }

    /** The error is what is read out first, what the title says, and on the first screen. */
    static void assertErrorIsFirst(String prefix) {
        WebElement error = chrome.findElement(By.cssSelector("[role=alert]"));
        assertThat(chrome.switchTo().activeElement()).isEqualTo(error);
        assertThat(chrome.getTitle()).startsWith(prefix);
        assertThat(chrome.executeScript("return arguments[0].getBoundingClientRect().bottom < innerHeight", error))
                .as("on the first screen")
                .isEqualTo(true);
    }

    /** Looks at the page in daylight, in the dark, with text twice as large and on the smallest phone. */
    void lookAt(String page) {
        pages++;
        assertControlsAreLargeEnoughAndNothingSticksOut(page, 390, 16);
        assertNothingIsBroken(page);
        assertFocusIsSeenOnItsWay(page, true);
        Chromium.dark(chrome, true);
        assertNothingIsBroken(page + ", in the dark");
        assertFocusIsSeenOnItsWay(page + ", in the dark", false);
        Chromium.dark(chrome, false);
        assertControlsAreLargeEnoughAndNothingSticksOut(page, 390, 32);
        assertNothingIsBroken(page + ", large text");
        assertControlsAreLargeEnoughAndNothingSticksOut(page, 320, 32);
        assertControlsAreLargeEnoughAndNothingSticksOut(page, 320, 16);
        see(390, 16);
    }

    /** As far as it differs from language to language. */
    void measure(String page) {
        pages++;
        assertControlsAreLargeEnoughAndNothingSticksOut(page, 320, 32);
        assertControlsAreLargeEnoughAndNothingSticksOut(page, 320, 16);
        assertControlsAreLargeEnoughAndNothingSticksOut(page, 390, 16);
    }

    private static void see(int width, int text) {
        Chromium.width(chrome, width);
        Chromium.textSize(chrome, text);
        new WebDriverWait(chrome, Duration.ofSeconds(15), Duration.ofMillis(30))
                .until(driver -> Boolean.TRUE.equals(chrome.executeScript(LAID_OUT, width, text)));
    }

    static void assertNothingIsBroken(String page) {
        Axe.Findings found = Axe.run(chrome);
        runs++;
        checks += found.passed();
        broken += found.violations().size();
        assertThat(found.violations()).as(page).isEmpty();
        assertThat(found.incomplete()).as("what axe cannot judge on " + page).isEmpty();
    }

    private static void assertControlsAreLargeEnoughAndNothingSticksOut(String page, int width, int text) {
        see(width, text);
        List<?> seen = (List<?>) chrome.executeScript(MISSED, width);
        assertThat(seen.get(0)).as("the size of text that was asked for").isEqualTo((long) text);
        assertThat((List<?>) seen.get(1))
                .as("%s at %d px, text of %d", page, width, text)
                .isEmpty();
    }

    private static void assertFocusIsSeenOnItsWay(String page, boolean forward) {
        int controls = ((Number) chrome.executeScript("return " + CONTROLS + ".length")).intValue();
        List<Long> way = new ArrayList<>();
        for (int i = 0; i < (forward ? controls : controls - 1); i++) {
            if (forward) {
                keys(Keys.TAB);
            } else {
                backwards();
            }
            Map<?, ?> focus = new HashMap<>((Map<?, ?>) chrome.executeAsyncScript(FOCUS));
            assertThat(focus.get("visible"))
                    .as("%s: focus on %s, %s", page, focus.get("name"), focus.get("seen"))
                    .isEqualTo(true);
            way.add((Long) focus.get("control"));
        }
        List<Long> expected = new ArrayList<>();
        for (int i = 0; i < way.size(); i++) {
            expected.add((long) (forward ? i : controls - 2 - i));
        }
        assertThat(way).as(page).isEqualTo(expected);
    }
}
