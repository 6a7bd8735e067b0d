package io.github.alexalink.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.Set;

/**
 * Puts a file into its place: written whole under another name in the same folder, and renamed when it is on the disk. So
 * nobody ever reads half of it, and it never has more rights than it will have.
 *
 * @param mode for example rw-r-----
 * @param group of the file; its owner is whoever runs the tool. Only root can give a file to a group it is not in
 */
record Place(Path file, String mode, String group) {

    /** What is in {@code conf}: the owner may write, Tomcat's group may read. */
    static Place forTomcat(Path file, Catalina tomcat) {
        return new Place(file, "rw-r-----", tomcat.group());
    }

    /** A secret for whoever runs the tool alone. */
    static Place secret(Path file) {
        return new Place(file, "rw-------", "");
    }

    void write(String text) throws IOException {
        Path fresh = fresh();
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            channel.write(StandardCharsets.UTF_8.encode(text));
            channel.force(true);
        }
        settle(fresh);
    }

    void write(InputStream content) throws IOException {
        Path fresh = fresh();
        Files.copy(content, fresh, StandardCopyOption.REPLACE_EXISTING);
        give(fresh);
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        settle(fresh);
    }

    /** Always the same name, so that what a stopped run left is used up by the next one. */
    private Path fresh() throws IOException {
        Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return fresh;
    }

    private void settle(Path fresh) throws IOException {
        give(fresh);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void give(Path fresh) throws IOException {
        PosixFileAttributeView rights = Files.getFileAttributeView(fresh, PosixFileAttributeView.class);
        if (!group.isEmpty() && Myself.isRoot()) {
            UserPrincipalLookupService names = FileSystems.getDefault().getUserPrincipalLookupService();
            rights.setGroup(names.lookupPrincipalByGroupName(group));
        }
        Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(mode);
        rights.setPermissions(permissions);
    }

    /** Makes the folder it is in, with those above it. */
    Place makeFolder() throws IOException {
        Path folder = file.getParent();
        if (!Files.exists(folder)) {
            Place parent = new Place(folder, "rwxr-x---", group);
            parent.makeFolder();
            Files.createDirectory(folder);
            parent.give(folder);
        }
        return this;
    }
}
