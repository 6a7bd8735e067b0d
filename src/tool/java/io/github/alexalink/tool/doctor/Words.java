package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.diagnosis.Vantage;

/** Findings from outside, and the pages that say why it has to be so. */
final class Words {

    static final String AMAZON =
            "https://developer.amazon.com/en-US/docs/alexa/account-linking/requirements-account-linking.html";

    static final String HTTPS_RFC = "https://datatracker.ietf.org/doc/html/rfc6749#section-3.2";
    static final String CHAIN_RFC = "https://datatracker.ietf.org/doc/html/rfc5246#section-7.4.2";
    static final String TOKEN_RFC = "https://datatracker.ietf.org/doc/html/rfc6749#section-5.1";
    static final String ERROR_RFC = "https://datatracker.ietf.org/doc/html/rfc6749#section-5.2";

    /** The files that are shipped for proxies. */
    static final String PROXY = "the file for your proxy in tomcat-conf/proxy has all that is needed";

    private Words() {}

    static Finding fatal(String id, String says, String found, String wanted, String cure, String why, String source) {
        return new Finding(id, Severity.FATAL, Vantage.OUTSIDE, says, found, wanted, cure, why, source);
    }

    static Finding error(String id, String says, String found, String wanted, String cure, String why, String source) {
        return new Finding(id, Severity.ERROR, Vantage.OUTSIDE, says, found, wanted, cure, why, source);
    }

    static Finding warning(
            String id, String says, String found, String wanted, String cure, String why, String source) {
        return new Finding(id, Severity.WARNING, Vantage.OUTSIDE, says, found, wanted, cure, why, source);
    }

    /** With one more thing that was found. */
    static Finding foundToo(Finding like, String more) {
        return new Finding(
                like.id(),
                like.severity(),
                like.vantage(),
                like.says(),
                like.found() + "; " + more,
                like.wanted(),
                like.cure(),
                like.why(),
                like.source());
    }

    static Finding ok(String id, String says) {
        return Finding.ok(id, Vantage.OUTSIDE, says);
    }

    static Finding info(String id, String says, String found, String wanted) {
        return Finding.info(id, Vantage.OUTSIDE, says, found, wanted);
    }

    static Finding skipped(String id, String what, String becauseOf) {
        return Finding.skipped(id, Vantage.OUTSIDE, what, becauseOf);
    }
}
