package io.github.alexalink.tool;

import io.github.alexalink.config.Passwords;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** The hash of a password as the CredentialHandler in the WAR's context.xml reads it: salt$iterations$hash in hex. */
public final class PasswordHash {

    private PasswordHash() {}

    /** Of the password in the form in which a sign-in compares it; takes a tenth of a second of a processor. */
    public static String of(String password) {
        return of(password, Integer.parseInt(credentialHandler().getAttribute("iterations")));
    }

    /** With fewer rounds, for tests. The CredentialHandler checks it as well, because the hash says how many it has. */
    public static String of(String password, int iterations) {
        Element handler = credentialHandler();
        byte[] salt = new byte[Integer.parseInt(handler.getAttribute("saltLength"))];
        new SecureRandom().nextBytes(salt);
        PBEKeySpec key = new PBEKeySpec(
                Passwords.prepared(password).toCharArray(),
                salt,
                iterations,
                Integer.parseInt(handler.getAttribute("keyLength")));
        try {
            byte[] hash = SecretKeyFactory.getInstance(handler.getAttribute("algorithm"))
                    .generateSecret(key)
                    .getEncoded();
            HexFormat hex = HexFormat.of();
            return hex.formatHex(salt) + "$" + iterations + "$" + hex.formatHex(hash);
        } catch (GeneralSecurityException unknown) {
            throw new IllegalStateException(unknown);
        } finally {
            key.clearPassword();
        }
    }

    private static Element credentialHandler() {
        try (InputStream context = PasswordHash.class.getResourceAsStream("context.xml")) {
            return (Element) DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(context)
                    .getElementsByTagName("CredentialHandler")
                    .item(0);
        } catch (IOException | SAXException | ParserConfigurationException broken) {
            throw new IllegalStateException("the WAR's context.xml cannot be read", broken);
        }
    }
}
