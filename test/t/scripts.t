# A script of build/ that is interrupted leaves nothing behind: no file of the machine, no folder, no process.
# And build/test finds out what was skipped.
use strict;
use warnings;
use Test::More;
use File::Glob qw(bsd_glob);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Wait;

my $top = $ENV{UPGRADE_TEST_TOP} or die 'run this through build/test';

sub write_program {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!";
    print $file "#!/bin/sh\n$text";
    close $file;
    chmod 0755, $path;
    return;
}

# An apt-get that takes long, on a machine where root finds that nothing is installed.
sub slow_machine {
    my ($folder) = @_;
    mkdir "$folder/bin";
    write_program("$folder/bin/apt-get",
        "case \"\$*\" in *install*) : > '$folder/installing'; exec sleep 600 ;; esac\n");
    write_program("$folder/bin/dpkg-query", "exit 1\n");
    write_program("$folder/bin/id",         "echo 0\n");
    return ("PATH=$folder/bin:$ENV{PATH}", "UPGRADE_POLICY_RC=$folder/left/policy-rc.d");
}

# What is called; what is there, below its folder, when it is in the middle of its work.
my @scripts = (
    ['setup',         'installing'],
    ['test hello',    'left/upgrade-test.*/t/logs/httpd.pid'],
    ['demo --serve',  'left/upgrade-demo.*/httpd.pid'],
    ['bench',         'left/upgrade-bench.*/httpd.pid'],
    ['bench-hello',   'left/upgrade-bench.*/httpd.pid'],
    ['bench-status',  'left/upgrade-bench.*/httpd.pid'],
    ['bench-echo',    'left/upgrade-bench.*/httpd.pid'],
    ['bench-tunnels', 'left/upgrade-bench.*/stock/httpd.pid'],
    ['soak',          'left/upgrade-bench.*/soaked/httpd.pid'],
);

sub content_of {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return <$file> // '';
}

# The processes that have it in their environment, as all have that it started.
sub processes_of {
    my ($folder) = @_;
    my @all = map { m{(\d+)$} } bsd_glob('/proc/[0-9]*');
    return grep { index(content_of("/proc/$_/environ"), $folder) >= 0 } @all;
}

sub start {
    my ($script, $folder, @environment) = @_;
    my $pid = fork // die $!;
    return $pid if $pid;
    POSIX::setpgid(0, 0);
    # A shell cannot trap what it was started without.
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    open STDIN,  '<', '/dev/null';
    open STDOUT, '>', "$folder/output";
    open STDERR, '>&', \*STDOUT;
    # Its servers listen where those of this run do not.
    my @own = ("PATH=$ENV{PATH}", "HOME=$folder", "TMPDIR=$folder/left", 'UPGRADE_TEST_PORTS=14000 19999');
    push @own, map { defined $ENV{$_} ? "$_=$ENV{$_}" : () } qw(HTTPD APXS CC);
    exec 'env', '-i', @own, @environment, 'sh', '-c', "exec build/$script" or POSIX::_exit(1);
}

chdir $top or die $!;

# What tests have said; SKIPS; what build/skips makes of it, and whether it agrees.
my @said = (
    ['nothing skipped', "ok 1 - not to skip\nok 2 - a#skip b\n1..2\n", undef, '', 1],
    ['two tests', join('', map { "ok $_ # skip chromium: none\n" } 1, 2), undef, "2\tchromium: none\n", 1],
    ['a whole file',    "1..0 # SKIP chromium: none\n", undef, "1\tchromium: none (whole file)\n", 1],
    ['one of those that may be', "ok 1 # skip chromium: none\n", 'a chromium b', "1\tchromium: none\n", 1],
    ['another one',     "ok 1 # skip chromium: none\n", 'prometheus', "1\tchromium: none\n", 0],
    ['none may be',     "1..0 # SKIP chromium: none\n", '', "1\tchromium: none (whole file)\n", 0],
    ['a reason of its own', "ok 1 # skip no time\n", undef, "1\tno time\n", 0],
    ['in capitals',     "ok 1 # SKIP no time\n", undef, "1\tno time\n", 0],
    ['no reason',       "ok 1 # skip\n", undef, "1\t\n", 0],
);
for my $case (@said) {
    my ($name, $tap, $may, $want, $fine) = @$case;
    my $folder = File::Temp->newdir('/tmp/upgrade-left.XXXXXX');
    mkdir "$folder/t";
    open my $file, '>', "$folder/t/some.t" or die $!;
    print $file $tap;
    close $file;
    local $ENV{SKIPS} = $may;
    delete $ENV{SKIPS} unless defined $may;
    is scalar `build/skips $folder 2>$folder/said`, $want, "skipped, $name";
    is $? == 0, $fine == 1, "skipped, $name: whether it may be";
}

for my $case (@scripts) {
    my ($script, $middle) = @$case;
    for my $signal (qw(INT TERM HUP)) {
        my $folder = File::Temp->newdir('/tmp/upgrade-left.XXXXXX');
        chmod 0755, $folder;
        mkdir "$folder/left";
        chmod 01777, "$folder/left";
        my $pid = start($script, $folder, $script eq 'setup' ? slow_machine($folder) : ());
        my $there = eventually(sub { grep({ -e } bsd_glob("$folder/$middle"))
            || waitpid($pid, POSIX::WNOHANG()) > 0 && -1 });
        ok $there && $there ne '-1', "$script: at work" or diag content_of("$folder/output");
        ok -e "$folder/left/policy-rc.d", 'no service is started meanwhile' if $script eq 'setup';
        kill $signal, -$pid;
        waitpid $pid, 0;
        isnt $?, 0, "$script, $signal: it did not come to its end" unless $script =~ /serve/;
        is_deeply [bsd_glob("$folder/left/*")], [], "$script, $signal: nothing is left"
            or diag content_of("$folder/output");
        ok eventually(sub { !processes_of("$folder/left") }), "$script, $signal: and nobody"
          or kill KILL => processes_of("$folder/left");
    }
}

done_testing;
