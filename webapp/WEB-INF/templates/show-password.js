
(function () {
  var password = document.getElementById('password'), show = document.getElementById('show');
  function dress() { password.type = show.checked ? 'text' : 'password'; }
  show.checked = false;
  show.onchange = dress;
  // so that the browser does not keep the password among the words it suggests
  password.form.onsubmit = function () { show.checked = false; dress(); };
  show.parentNode.hidden = false;
})();
